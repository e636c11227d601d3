import { type Box, childBoxes, printable, requireLength } from './box.ts';
import { readAacConfig } from './codec-string.ts';
import { corrupt, PackagerError } from './error.ts';
import type { AudioTrack, SegmentAudioFormat } from './media-index.ts';
import { audioPlayability } from './playability.ts';
import { readAc3Config, readEac3Config, readFlacConfig, readOpusConfig } from './sound-config.ts';
import { verbatimEntry } from './verbatim-entry.ts';

/** What an audio sample entry tells. */
export type AudioDescription = Pick<
  AudioTrack,
  'codec' | 'browser' | 'format' | 'channels' | 'sampleRate' | 'config'
>;

const MPEG4_AUDIO = 0x40;
const CONFIG_TYPES: Partial<Record<string, string>> & Record<Exclude<SegmentAudioFormat, 'mp4a'>, string> = {
  Opus: 'dOps',
  fLaC: 'dfLa',
  'ac-3': 'dac3',
  'ec-3': 'dec3',
};
const MAX_CONFIG_BYTES = 1024;

/**
 * Reads an AudioSampleEntry (ISO/IEC 14496-12 §12.2.3) or a QuickTime sound description of version 0, 1 or
 * 2, with `esds` beside it or inside `wave`. `tableVersion` is the version of the `stsd` around it. A codec that
 * segments cannot be made of is kept whole for decoders. Throws `unsupported_codec` when it is encrypted.
 */
export function readAudioEntry(view: DataView, entry: Box, tableVersion: number): AudioDescription {
  if (entry.type === 'enca') throw new PackagerError('unsupported_codec', 'The sound is encrypted.');
  requireLength(entry, 28);
  const version = soundVersion(view, entry, tableVersion);
  const channels = view.getUint16(entry.start + 16);
  const told = version === 2 ? view.getUint32(entry.start + 40) : channels;
  try {
    return segmentEntry(view, entry, version, told);
  } catch (error) {
    if (!(error instanceof PackagerError) || error.code !== 'unsupported_codec') throw error;
    const rate = version === 2 ? view.getFloat64(entry.start + 32) : view.getUint32(entry.start + 24) / 65536;
    return {
      codec: printable(entry.type),
      browser: 'no',
      format: 'sample-entry',
      channels: Math.min(Math.max(told, 1), 64),
      sampleRate: rate >= 1 && rate < 2 ** 24 ? Math.round(rate) : 48_000,
      config: verbatimEntry(view, entry),
    };
  }
}

function segmentEntry(view: DataView, entry: Box, version: number, channels: number): AudioDescription {
  const configType = CONFIG_TYPES[entry.type];
  if (!configType && entry.type !== 'mp4a')
    throw new PackagerError('unsupported_codec', 'No segments can be made of the sound.');
  const boxes = childBoxes(view, entry.start + headerBytes(version), entry.end);
  return configType
    ? describeAudio(entry.type as Exclude<SegmentAudioFormat, 'mp4a'>, configBox(view, boxes, configType))
    : describeAac(readAudioConfig(view, requireEsds(view, boxes)), channels);
}

/** Version of a QuickTime sound description; ISO files have 0. */
export function soundVersion(view: DataView, entry: Box, tableVersion: number): number {
  const version = tableVersion === 0 ? view.getUint16(entry.start + 8) : 0;
  requireLength(entry, headerBytes(version));
  return version;
}

/** AAC by its AudioSpecificConfig; `channels` serves where that leaves them open. */
export function describeAac(config: Uint8Array, channels: number): AudioDescription {
  const aac = readAacConfig(config);
  return {
    codec: aac.codec,
    browser: audioPlayability('mp4a', aac.codec),
    format: 'mp4a',
    sampleRate: aac.sampleRate,
    channels: aac.channels || Math.min(Math.max(channels, 1), 64),
    config,
  };
}

/** Sound other than AAC by the payload of its configuration box. */
export function describeAudio(
  format: Exclude<SegmentAudioFormat, 'mp4a'>,
  config: Uint8Array,
): AudioDescription {
  const browser = audioPlayability(format, format);
  if (format === 'Opus') return { codec: 'opus', browser, format, config, ...readOpusConfig(config) };
  if (format === 'fLaC') {
    const { channels, sampleRate } = readFlacConfig(config);
    return { codec: 'fLaC', browser, format, config, channels, sampleRate };
  }
  if (format === 'ac-3') return { codec: format, browser, format, config, ...readAc3Config(config) };
  return { codec: format, browser, format, config, ...readEac3Config(config) };
}

function configBox(view: DataView, boxes: readonly Box[], type: string): Uint8Array {
  const found = boxes.find((box) => box.type === type);
  const length = found ? found.end - found.start : 0;
  if (!found || length > MAX_CONFIG_BYTES) throw corrupt(`The sound has no usable "${type}" configuration.`);
  return new Uint8Array(view.buffer, view.byteOffset + found.start, length).slice();
}

/** Sound descriptions of QuickTime grow with their version (QuickTime File Format, "Sound Media"). */
function headerBytes(version: number): number {
  if (version === 0) return 28;
  if (version === 1) return 44;
  if (version === 2) return 64;
  throw corrupt('The sound description has an unknown version.');
}

function requireEsds(view: DataView, boxes: readonly Box[]): Box {
  const esds = (list: readonly Box[]) => list.find(({ type }) => type === 'esds');
  const wave = boxes.find(({ type }) => type === 'wave');
  const found = esds(boxes) ?? (wave && esds(childBoxes(view, wave.start, wave.end)));
  if (!found) throw corrupt('The sound has no "esds" configuration.');
  return found;
}

/** Finds the AudioSpecificConfig inside `esds` (ISO/IEC 14496-1 §7.2.6). */
function readAudioConfig(view: DataView, esds: Box): Uint8Array {
  const stream = descriptor(view, esds.start + 4, esds.end, 0x03);
  let at = stream.start + 3;
  if (at > stream.end) throw corrupt('The sound configuration is cut.');
  const flags = view.getUint8(stream.start + 2);
  if (flags & 0x80) at += 2;
  if (flags & 0x40 && at < stream.end) at += 1 + view.getUint8(at);
  if (flags & 0x20) at += 2;
  const decoder = descriptor(view, at, stream.end, 0x04);
  if (decoder.end - decoder.start < 13) throw corrupt('The sound configuration is cut.');
  if (view.getUint8(decoder.start) !== MPEG4_AUDIO) {
    throw new PackagerError('unsupported_codec', 'The sound is not MPEG-4 AAC.');
  }
  const specific = descriptor(view, decoder.start + 13, decoder.end, 0x05);
  const length = specific.end - specific.start;
  if (length > MAX_CONFIG_BYTES) throw corrupt('The sound configuration is too large.');
  return new Uint8Array(view.buffer, view.byteOffset + specific.start, length).slice();
}

/** A descriptor whose length takes one to four bytes (§8.3.3). */
function descriptor(view: DataView, at: number, end: number, tag: number): { start: number; end: number } {
  let position = at;
  const next = () => {
    if (position >= end) throw corrupt('The sound configuration is cut.');
    return view.getUint8(position++);
  };
  if (next() !== tag) throw corrupt('The sound configuration is out of order.');
  let length = 0;
  for (let i = 0; i < 4; i++) {
    const byte = next();
    length = length * 128 + (byte & 127);
    if (byte < 128) break;
  }
  if (position + length > end) throw corrupt('The sound configuration is cut.');
  return { start: position, end: position + length };
}
