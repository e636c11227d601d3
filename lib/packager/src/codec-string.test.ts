import { describe, expect, it } from 'vitest';
import { avcCodecString, hevcCodecString, readAacConfig } from './codec-string.ts';

/** A configuration record with one VPS, SPS and PPS of one byte each. */
function hevc(...general: number[]): Uint8Array {
  const sets = [32, 33, 34].flatMap((type) => [type, 0, 1, 0, 1, 0xaa]);
  return Uint8Array.of(1, ...general, ...Array(22 - 1 - general.length).fill(0), 3, ...sets);
}

describe('codec strings', () => {
  it('of H.264 are profile, compatibility and level', () => {
    expect(avcCodecString(Uint8Array.of(1, 0x64, 0, 0x28, 0xff, 0xe1))).toBe('avc1.640028');
    expect(avcCodecString(Uint8Array.of(1, 0x42, 0xc0, 0x1e, 0xff, 0xe1))).toBe('avc1.42c01e');
  });

  it('of H.264 are refused when parameters come in the stream, or bytes are missing', () => {
    expect(() => avcCodecString(Uint8Array.of(1, 0x64, 0, 0x28, 0xff, 0xe0))).toThrow('between the frames');
    expect(() => avcCodecString(Uint8Array.of(1, 0x64))).toThrow('damaged');
  });

  it.each([
    ['Main 10, level 5.1', [2, 0x20, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 153], 'hvc1.2.4.L153.B0'],
    ['Main, level 3.1', [1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93], 'hvc1.1.6.L93.90'],
    [
      'high tier, profile space A',
      [0x61, 0x60, 0, 0, 0, 0xb0, 0, 0x23, 0, 0, 0, 120],
      'hvc1.A1.6.H120.B0.0.23',
    ],
    ['no constraints', [1, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 93], 'hvc1.1.6.L93'],
  ])('of HEVC: %s', (_, general, expected) => expect(hevcCodecString(hevc(...general))).toBe(expected));

  it('of HEVC are refused when a parameter set is missing or cut', () => {
    const config = hevc(1, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 93);
    expect(() => hevcCodecString(config.subarray(0, -2))).toThrow('cut');
    config[22] = 2;
    expect(() => hevcCodecString(config)).toThrow('between the frames');
  });

  it.each([
    ['LC 48 kHz stereo', [0x11, 0x90], { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 }],
    ['LC 44.1 kHz mono', [0x12, 0x08], { codec: 'mp4a.40.2', sampleRate: 44_100, channels: 1 }],
    ['HE 24 to 48 kHz', [0x2b, 0x11, 0x88, 0], { codec: 'mp4a.40.5', sampleRate: 48_000, channels: 2 }],
    ['7.1', [0x11, 0xb8], { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 8 }],
  ])('of AAC: %s', (_, config, expected) => expect(readAacConfig(Uint8Array.from(config))).toEqual(expected));

  it('of other MPEG-4 audio are refused', () => {
    expect(() => readAacConfig(Uint8Array.of(0xf8, 0x88, 0, 0))).toThrow('not AAC');
    expect(() => readAacConfig(Uint8Array.of(0x11))).toThrow('cut');
  });
});
