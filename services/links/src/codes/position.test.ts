import { expect, test } from 'vitest';
import { readPosition } from './position.ts';

test.each([
  ['90', 90],
  ['90s', 90],
  ['1m30s', 90],
  ['1m30', 90],
  ['1h2m3s', 3723],
  ['2H', 7200],
  ['0', 0],
])('%s is %d seconds', (text, seconds) => {
  expect(readPosition(text)).toBe(seconds);
});

test.each([null, '-5', '1.5', 'abc', '1e3', '1m30s&x=1', 'https://evil.example', '9999999'])(
  '%s is no position',
  (text) => {
    expect(readPosition(text)).toBeUndefined();
  },
);
