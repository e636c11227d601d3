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
  const hls = { hlsUrl: '/v.m3u8', progressiveUrl: null, prefer: 'hls' } as const;
  const turned = { ...hls, progressiveUrl: '/v.mp4' };
  const long = { ...turned, prefer: 'progressive' } as const;
  const byHlsJs = { kind: 'hls.js', url: '/v.m3u8' };
  const plain = { kind: 'native', url: '/v.mp4' };
  const chromium = { mse: true, nativeHls: false, webkit: false };
  const safari = { mse: true, nativeHls: true, webkit: true };
  const oldPhone = { mse: false, nativeHls: true, webkit: true };

  it('prefers hls.js even where the browser plays HLS itself', () => {
    for (const can of [chromium, safari, { ...chromium, nativeHls: true }]) {
      expect(chooseSource(hls, can)).toEqual(byHlsJs);
    }
    expect(chooseSource(turned, chromium)).toEqual(byHlsJs);
  });

  it('takes the plain file of a turned video in WebKit, and everywhere where it is the better one', () => {
    expect(chooseSource(turned, safari)).toEqual(plain);
    expect(chooseSource(turned, oldPhone)).toEqual(plain);
    expect(chooseSource(long, chromium)).toEqual(plain);
  });

  it('leaves the rest to native HLS', () => {
    expect(chooseSource(hls, oldPhone)).toEqual({ kind: 'native', url: '/v.m3u8' });
    expect(chooseSource({ ...hls, prefer: 'progressive' }, chromium)).toEqual(byHlsJs);
  });

  it('has nothing for a browser that can do nothing', () => {
    expect(chooseSource(hls, { mse: false, nativeHls: false, webkit: false })).toBeNull();
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
