import { describe, expect, it } from 'vitest';
import { placeOf } from '../watch/place.ts';
import { parseStart } from './parseStart.ts';
import { chooseSource } from './source.ts';

describe('parseStart', () => {
  it.each([
    ['90', 90],
    ['90s', 90],
    ['1.5', 1.5],
    ['1m30s', 90],
    ['1h2m3s', 3723],
    ['2m', 120],
  ])('%s', (text, seconds) => {
    expect(parseStart(text)).toBe(seconds);
  });

  it.each([null, '', 'abc', '-5', '1e9', '10:30', '99999999999', 'NaN'])('%s is nothing', (text) => {
    expect(parseStart(text)).toBeNull();
  });
});

describe('chooseSource', () => {
  const hls = { hlsUrl: '/v.m3u8', progressiveUrl: null };
  const both = { ...hls, progressiveUrl: '/v.mp4' };

  it('prefers hls.js even where the browser plays HLS itself', () => {
    expect(chooseSource(both, { mse: true, nativeHls: true })).toEqual({ kind: 'hls.js', url: '/v.m3u8' });
  });

  it('takes a plain file before native HLS', () => {
    expect(chooseSource(both, { mse: false, nativeHls: true })).toEqual({ kind: 'native', url: '/v.mp4' });
    expect(chooseSource(hls, { mse: false, nativeHls: true })).toEqual({ kind: 'native', url: '/v.m3u8' });
  });

  it('has nothing for a browser that can do nothing', () => {
    expect(chooseSource(hls, { mse: false, nativeHls: false })).toBeNull();
  });
});

describe('placeOf', () => {
  it('reads the code, the kind of page and the start', () => {
    expect(placeOf({ pathname: '/watch/8hQv3Zk2TmWa', search: '?t=1m' })).toEqual({
      code: '8hQv3Zk2TmWa',
      embedded: false,
      startAt: 60,
    });
    expect(placeOf({ pathname: '/embed/8hQv3Zk2TmWa/', search: '' }).embedded).toBe(true);
  });

  it('survives an address that cannot be decoded', () => {
    expect(placeOf({ pathname: '/watch/%E0%A4%A', search: '?t=x' })).toEqual({
      code: '%E0%A4%A',
      embedded: false,
      startAt: null,
    });
  });
});
