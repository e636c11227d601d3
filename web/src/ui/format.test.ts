import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatPercent, formatPrice, formatTimeLeft } from './format.ts';

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [700e6, '700 MB'],
    [3.24e9, '3.2 GB'],
    [1e12, '1 TB'],
    [5e15, '5,000 TB'],
  ])('%d', (bytes, text) => {
    expect(plain(formatBytes(bytes, 'en'))).toBe(text);
  });
});

describe('formatPrice', () => {
  it('knows that won have no minor units and dollars have two', () => {
    expect(formatPrice(5900, 'KRW', 'ko')).toBe('₩5,900');
    expect(formatPrice(499, 'USD', 'en')).toBe('$4.99');
    expect(formatPrice(500, 'USD', 'en')).toBe('$5');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0:00'],
    [65.4, '1:05'],
    [3599.7, '1:00:00'],
    [7389, '2:03:09'],
  ])('%d s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('formatTimeLeft', () => {
  it('says the largest unit that fits', () => {
    expect(plain(formatTimeLeft(12, 'en'))).toBe('12 sec');
    expect(plain(formatTimeLeft(150, 'en'))).toBe('3 min');
    expect(plain(formatTimeLeft(5400, 'en'))).toBe('1.5 hr');
    expect(formatTimeLeft(12, 'ko')).toBe('12초');
  });
});

describe('formatPercent', () => {
  it('is 100 % only at the end', () => {
    expect(formatPercent(0.9999, 'en')).toBe('99%');
    expect(formatPercent(1, 'en')).toBe('100%');
  });
});
