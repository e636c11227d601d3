import { type Box, childBoxes, fourCharacters, printable, requireLength } from './box.ts';
import { avcCodecString, hevcCodecString } from './codec-string.ts';
import { corrupt, PackagerError } from './error.ts';
import type { SegmentVideoFormat, VideoTrack } from './media-index.ts';
import { av1CodecString, vp9CodecString } from './open-codec-string.ts';
import { videoPlayability } from './playability.ts';
import { verbatimEntry } from './verbatim-entry.ts';

/** What a visual sample entry tells. */
export type VideoDescription = Pick<
  VideoTrack,
  'codec' | 'browser' | 'format' | 'width' | 'height' | 'pixelAspect' | 'videoRange' | 'config' | 'extensions'
>;

const ENTRY_BYTES = 78;
const CONFIG_TYPES: Record<string, 'avcC' | 'hvcC' | 'av1C' | 'vpcC'> = {
  avc1: 'avcC',
  avc3: 'avcC',
  hvc1: 'hvcC',
  hev1: 'hvcC',
  av01: 'av1C',
  vp09: 'vpcC',
};
/** Boxes that describe the picture and go with it; whatever else an entry holds stays behind. */
const KEPT = new Set(['colr', 'pasp', 'clap', 'mdcv', 'clli']);
const MAX_CONFIG_BYTES = 65_536;

const FORMATS = { avcC: 'avc1', hvcC: 'hvc1', av1C: 'av01', vpcC: 'vp09' } as const;

/** RFC 6381 string of a configuration; `pixels` of a picture serve where it tells no level. */
export function videoCodecString(format: SegmentVideoFormat, config: Uint8Array, pixels: number): string {
  if (format === 'avc1') return avcCodecString(config);
  if (format === 'hvc1') return hevcCodecString(config);
  return format === 'av01' ? av1CodecString(config) : vp9CodecString(config, pixels);
}

/** Whether segments can be made of what the sample entry describes. */
export function isVideoFormat(format: string): boolean {
  return Object.hasOwn(CONFIG_TYPES, format);
}

/**
 * Reads a VisualSampleEntry (ISO/IEC 14496-12 §12.1.3). One that segments cannot be made of, because of its codec or
 * because its parameters stand between the frames, is kept whole for decoders. Throws `unsupported_codec` when it
 * is encrypted.
 */
export function readVideoEntry(view: DataView, entry: Box): VideoDescription {
  if (entry.type === 'encv') throw new PackagerError('unsupported_codec', 'The video is encrypted.');
  requireLength(entry, ENTRY_BYTES);
  const width = view.getUint16(entry.start + 24);
  const height = view.getUint16(entry.start + 26);
  if (width === 0 || height === 0) throw corrupt('The video has no size.');
  try {
    return { width, height, ...segmentEntry(view, entry, width * height) };
  } catch (error) {
    if (!(error instanceof PackagerError) || error.code !== 'unsupported_codec') throw error;
    return { width, height, ...decoderEntry(view, entry) };
  }
}

type Coding = Omit<VideoDescription, 'width' | 'height'>;

function segmentEntry(view: DataView, entry: Box, pixels: number): Coding {
  const configType = CONFIG_TYPES[entry.type];
  if (!configType) throw new PackagerError('unsupported_codec', 'No segments can be made of the video.');
  const boxes = childBoxes(view, entry.start + ENTRY_BYTES, entry.end);
  const record = boxes.find(({ type }) => type === configType);
  if (!record) throw corrupt(`The video has no "${configType}" configuration.`);
  if (record.end - record.start > MAX_CONFIG_BYTES) throw corrupt('The video configuration is too large.');
  const config = payload(view, record).slice();
  const format = FORMATS[configType];
  return {
    codec: videoCodecString(format, config, pixels),
    browser: videoPlayability(format, config),
    format,
    config,
    ...shown(view, boxes),
    extensions: keptBoxes(view, boxes),
  };
}

function decoderEntry(view: DataView, entry: Box): Coding {
  return {
    codec: printable(entry.type),
    browser: 'no',
    format: 'sample-entry',
    config: verbatimEntry(view, entry),
    ...shown(view, looseBoxes(view, entry)),
    extensions: new Uint8Array(0),
  };
}

/** QuickTime puts other things than boxes behind some descriptions. */
function looseBoxes(view: DataView, entry: Box): Box[] {
  try {
    return childBoxes(view, entry.start + ENTRY_BYTES, entry.end);
  } catch (error) {
    if (error instanceof PackagerError) return [];
    throw error;
  }
}

function shown(view: DataView, boxes: readonly Box[]): Pick<Coding, 'pixelAspect' | 'videoRange'> {
  const find = (wanted: string) => boxes.find(({ type }) => type === wanted);
  return { pixelAspect: pixelAspect(view, find('pasp')), videoRange: videoRange(view, find('colr')) };
}

/** `pasp` (§12.1.4): horizontal over vertical spacing; nonsense counts as square. */
function pixelAspect(view: DataView, pasp: Box | undefined): number {
  if (!pasp || pasp.end - pasp.start < 8) return 1;
  const ratio = view.getUint32(pasp.start) / view.getUint32(pasp.start + 4);
  return ratio > 0.05 && ratio < 20 ? ratio : 1;
}

/** Transfer characteristics of `colr` (§12.1.5; ISO/IEC 23091-2 §8.2): 16 is PQ, 18 is HLG. */
function videoRange(view: DataView, colr: Box | undefined): VideoTrack['videoRange'] {
  if (!colr || colr.end - colr.start < 10) return 'SDR';
  const kind = fourCharacters(view, colr.start);
  if (kind !== 'nclx' && kind !== 'nclc') return 'SDR';
  const transfer = view.getUint16(colr.start + 6);
  if (transfer === 16) return 'PQ';
  return transfer === 18 ? 'HLG' : 'SDR';
}

/** The kept boxes, whole; QuickTime's `nclc` becomes the `nclx` of ISO files (limited range). */
function keptBoxes(view: DataView, boxes: readonly Box[]): Uint8Array {
  const kept = boxes.filter(({ type, start, end }) => KEPT.has(type) && end - start <= 1024);
  const pieces = kept.map((box) => {
    const body = payload(view, box);
    const quickTime = box.type === 'colr' && body.length === 10 && fourCharacters(view, box.start) === 'nclc';
    return { type: box.type, body: quickTime ? asNclx(body) : body };
  });
  const bytes = new Uint8Array(pieces.reduce((sum, { body }) => sum + 8 + body.length, 0));
  let at = 0;
  for (const { type, body } of pieces) {
    new DataView(bytes.buffer).setUint32(at, 8 + body.length);
    for (let i = 0; i < 4; i++) bytes[at + 4 + i] = type.charCodeAt(i);
    bytes.set(body, at + 8);
    at += 8 + body.length;
  }
  return bytes;
}

function asNclx(nclc: Uint8Array): Uint8Array {
  const nclx = new Uint8Array(11);
  nclx.set(nclc);
  nclx[3] = 'x'.charCodeAt(0);
  return nclx;
}

function payload(view: DataView, box: Box): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + box.start, box.end - box.start);
}
