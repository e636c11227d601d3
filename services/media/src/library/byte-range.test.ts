import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attachment, isUnchanged, readRange } from './byte-range.ts';

const read = (range: string, size = 100, more: Record<string, string> = {}) =>
  readRange({ range, ...more }, size, '"v1"');

describe('ranges', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 1 }],
    ['bytes=0-', { start: 0, end: 100 }],
    ['bytes=99-200', { start: 99, end: 100 }],
    ['bytes=-1', { start: 99, end: 100 }],
    ['bytes=-1000', { start: 0, end: 100 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', undefined],
    ['bytes=0-1,5-6', undefined],
    ['items=0-1', undefined],
    ['bytes=-', undefined],
    ['bytes=a-b', undefined],
  ])('%s', (header, expected) => {
    expect(read(header)).toEqual(expected);
  });

  it('lie inside the file, whatever is asked', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 1e9 }), (first, last, size) => {
        for (const header of [`bytes=${first}-${last}`, `bytes=${first}-`, `bytes=-${last}`]) {
          const range = read(header, size);
          if (typeof range !== 'object') continue;
          expect(range.start).toBeGreaterThanOrEqual(0);
          expect(range.end).toBeGreaterThan(range.start);
          expect(range.end).toBeLessThanOrEqual(size);
        }
      }),
    );
  });

  it('are not applied to another version', () => {
    expect(read('bytes=0-0', 100, { 'if-range': '"v1"' })).toEqual({ start: 0, end: 1 });
    expect(read('bytes=0-0', 100, { 'if-range': 'W/"v1"' })).toBeUndefined();
    expect(read('bytes=0-0', 100, { 'if-range': 'Wed, 21 Oct 2015 07:28:00 GMT' })).toBeUndefined();
  });
});

it('knows an unchanged version', () => {
  expect(isUnchanged({ 'if-none-match': '"a", W/"v1"' }, '"v1"')).toBe(true);
  expect(isUnchanged({ 'if-none-match': '*' }, '"v1"')).toBe(true);
  expect(isUnchanged({ 'if-none-match': '"a"' }, '"v1"')).toBe(false);
  expect(isUnchanged({}, '"v1"')).toBe(false);
});

it('puts any name into one header line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const header = attachment(name);
      expect(header).toMatch(/^attachment; filename="[^"\\%\r\n]*"; filename\*=UTF-8''[\w.!~*%-]*$/);
      const encoded = header.slice(header.indexOf("''") + 2);
      expect(decodeURIComponent(encoded)).toBe(name.toWellFormed());
    }),
  );
});
