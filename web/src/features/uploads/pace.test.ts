import { describe, expect, it } from 'vitest';
import { fingerprint, fingerprintOf, isFileOf } from './fingerprint.ts';
import { createSpeedometer, secondsLeft } from './speed.ts';
import { nextChunkSize, worthRetrying } from './transfer.ts';

describe('speedometer', () => {
  it('settles at a steady speed', () => {
    let clock = 0;
    const speed = createSpeedometer(() => clock);
    let latest = 0;
    for (let bytes = 0; bytes <= 10_000; bytes += 500) {
      latest = speed(bytes);
      clock += 500;
    }
    expect(latest).toBeCloseTo(1000, 0);
  });

  it('says nothing before it knows, and is not fooled by a step back', () => {
    let clock = 0;
    const speed = createSpeedometer(() => clock);
    expect(speed(1000)).toBe(0);
    clock = 1000;
    expect(speed(500)).toBe(0);
  });
});

describe('secondsLeft', () => {
  it('is rounded up, and unknown without a speed', () => {
    expect(secondsLeft({ size: 100, sent: 40, speed: 7 })).toBe(9);
    expect(secondsLeft({ size: 100, sent: 40, speed: 0 })).toBeNull();
  });
});

describe('fingerprint', () => {
  const file = (name: string, lastModified = 1) => new File(['abc'], name, { lastModified });

  it('tells files and servers apart', () => {
    const prints = [
      fingerprint('/m/a', file('x.mp4')),
      fingerprint('/m/b', file('x.mp4')),
      fingerprint('/m/a', file('y.mp4')),
      fingerprint('/m/a', file('x.mp4', 2)),
    ];
    expect(new Set(prints).size).toBe(4);
    expect(fingerprint('/m/a', file('x.mp4'))).toBe(prints[0]);
  });

  it('tells the same file in two folders apart, and knows both by the file', () => {
    const [one, two] = [fingerprint('/m/a', file('x.mp4'), ['a']), fingerprint('/m/a', file('x.mp4'), ['b'])];
    expect(one).not.toBe(two);
    for (const id of [one, two, fingerprint('/m/a', file('x.mp4'))]) {
      expect(isFileOf(id, '/m/a', file('x.mp4'))).toBe(true);
      expect(isFileOf(id, '/m/a', file('x.mp4', 2))).toBe(false);
    }
  });

  it('is found again in the key that tus keeps', () => {
    const print = fingerprint('/m/a', file('odd::name::7.mp4'));
    expect(fingerprintOf({ urlStorageKey: `tus::${print}::123456789` })).toBe(print);
  });
});

describe('worthRetrying', () => {
  it.each([undefined, 0, 409, 423, 429, 460, 500, 502, 503, 504])('%s: yes', (status) => {
    expect(worthRetrying(status)).toBe(true);
  });

  it.each([400, 401, 403, 404, 410, 413, 415, 507])('%s: no', (status) => {
    expect(worthRetrying(status)).toBe(false);
  });
});

describe('the size of a piece', () => {
  it('grows with the line, shrinks with it, and stays far below what proxies refuse', () => {
    let size = 256 * 1024;
    for (let i = 0; i < 20; i++) size = nextChunkSize(size, 0.1);
    expect(size).toBe(32 * 1024 * 1024);
    for (let i = 0; i < 20; i++) size = nextChunkSize(size, 60);
    expect(size).toBe(64 * 1024);
    expect(nextChunkSize(8 * 1024 * 1024, 2)).toBe(8 * 1024 * 1024);
  });
});
