import { corrupt, PackagerError } from './error.ts';

/** RFC 6381 string of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3), e.g. `avc1.640028`. */
export function avcCodecString(config: Uint8Array): string {
  const [version, profile, compatibility, level, , sets] = config;
  if (version !== 1 || profile === undefined || compatibility === undefined || level === undefined) {
    throw corrupt('The H.264 configuration is damaged.');
  }
  if (sets === undefined || (sets & 31) === 0) {
    throw new PackagerError('unsupported_codec', 'The H.264 stream keeps its parameters between the frames.');
  }
  return `avc1.${hexByte(profile)}${hexByte(compatibility)}${hexByte(level)}`.toLowerCase();
}

const VPS = 32;
const SPS = 33;
const PPS = 34;
const PROFILE_SPACES = ['', 'A', 'B', 'C'];

/**
 * Codec string of an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3 and annex E.3), e.g.
 * `hvc1.2.4.L153.B0`. Throws `unsupported_codec` when the parameter sets are not in the record, since the
 * `hvc1` that we write promises them there.
 */
export function hevcCodecString(config: Uint8Array): string {
  if (config.length < 23) throw corrupt('The HEVC configuration is damaged.');
  const sets = hevcParameterSets(config);
  if (![VPS, SPS, PPS].every((type) => sets.has(type))) {
    throw new PackagerError('unsupported_codec', 'The HEVC stream keeps its parameters between the frames.');
  }
  const at = (index: number) => config[index] ?? 0;
  const space = PROFILE_SPACES[at(1) >> 6] ?? '';
  const tier = at(1) & 0x20 ? 'H' : 'L';
  const flags = ((at(2) << 24) | (at(3) << 16) | (at(4) << 8) | at(5)) >>> 0;
  const constraints = Array.from(config.subarray(6, 12));
  while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop();
  const parts = [
    `hvc1.${space}${at(1) & 0x1f}`,
    reverseBits(flags).toString(16).toUpperCase(),
    `${tier}${at(12)}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ];
  return parts.join('.');
}

/** Types of the parameter sets inside the record. */
function hevcParameterSets(config: Uint8Array): Set<number> {
  const types = new Set<number>();
  const byte = (index: number) => {
    const value = config[index];
    if (value === undefined) throw corrupt('The HEVC configuration is cut.');
    return value;
  };
  let at = 23;
  for (let array = byte(22); array > 0; array--) {
    const type = byte(at) & 63;
    const units = (byte(at + 1) << 8) | byte(at + 2);
    at += 3;
    for (let unit = 0; unit < units; unit++) at += 2 + ((byte(at) << 8) | byte(at + 1));
    if (at > config.length) throw corrupt('The HEVC configuration is cut.');
    if (units > 0) types.add(type);
  }
  return types;
}

function reverseBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = (reversed * 2 + ((value >>> bit) & 1)) >>> 0;
  return reversed;
}

/** Object types of MPEG-4 audio that decoders of AAC take: Main, LC, SSR, LTP, HE, HE v2, xHE. */
const AAC_TYPES = new Set([1, 2, 3, 4, 5, 29, 42]);
const SAMPLE_RATES = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];

/** What an AudioSpecificConfig tells (ISO/IEC 14496-3 §1.6.2.1). `channels` 0 means "told elsewhere". */
export interface AacConfig {
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
}

/** Reads an AudioSpecificConfig. Throws `unsupported_codec` for MPEG-4 audio that is not AAC. */
export function readAacConfig(config: Uint8Array): AacConfig {
  let at = 0;
  const bits = (length: number) => {
    let value = 0;
    for (const end = at + length; at < end; at++) {
      const byte = config[at >> 3];
      if (byte === undefined) throw corrupt('The AAC configuration is cut.');
      value = value * 2 + ((byte >> (7 - (at & 7))) & 1);
    }
    return value;
  };
  const rate = () => {
    const index = bits(4);
    return index === 15 ? bits(24) : (SAMPLE_RATES[index] ?? 0);
  };
  let type = bits(5);
  if (type === 31) type = 32 + bits(6);
  if (!AAC_TYPES.has(type)) throw new PackagerError('unsupported_codec', 'The sound is MPEG-4 but not AAC.');
  let sampleRate = rate();
  const channels = CHANNELS[bits(4)] ?? 0;
  if (type === 5 || type === 29) sampleRate = rate();
  if (sampleRate === 0) throw corrupt('The AAC configuration has no sampling rate.');
  return { codec: `mp4a.40.${type}`, sampleRate, channels };
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
