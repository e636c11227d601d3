import { ascii, box, fullBox, join, uint8, uint16, uint32, zeros } from '../box-writer.ts';

/** A track for `buildMovie`; what is left out gets a plain value. */
export interface TrackPlan {
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  readonly sizes: readonly number[];
  /** Pairs of count and duration. */
  readonly stts: readonly number[];
  /** Pairs of count and offset. */
  readonly ctts?: readonly number[];
  /** Sample numbers from 1. */
  readonly stss?: readonly number[];
  /** Triples of duration, media time and rate (1 is normal). */
  readonly elst?: readonly (readonly [number, number, number])[];
  /** Samples in one chunk; all of them when absent. */
  readonly perChunk?: number;
  readonly compactSizes?: 4 | 8 | 16;
  readonly largeOffsets?: boolean;
  readonly entry?: Uint8Array;
  readonly language?: number;
  readonly matrix?: readonly number[];
}

export const MOVIE_TIMESCALE = 1000;
/** Baseline, one SPS and one PPS of no meaning: the engine looks at the outline only. */
export const AVC_CONFIG = uint8(
  1,
  0x42,
  0xc0,
  0x1e,
  0xff,
  0xe1,
  0,
  4,
  0x67,
  0x42,
  0xc0,
  0x1e,
  1,
  0,
  2,
  0x68,
  0xce,
);
const IDENTITY = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

export function avcEntry(type = 'avc1', ...extra: Uint8Array[]): Uint8Array {
  const fields = [zeros(6), uint16(1), zeros(16), uint16(320, 180), zeros(50)];
  return box(type, ...fields, box('avcC', AVC_CONFIG), ...extra);
}

/** AAC LC, 48 kHz, two channels. */
export function esds(objectType = 0x40, config = uint8(0x11, 0x90)): Uint8Array {
  const specific = join([uint8(5, config.length), config]);
  const decoder = join([uint8(4, 13 + specific.length, objectType, 0x15), zeros(11), specific]);
  return fullBox('esds', 0, 0, uint8(3, 3 + decoder.length, 0, 1, 0), decoder);
}

export function aacEntry(...boxes: Uint8Array[]): Uint8Array {
  const fields = [zeros(6), uint16(1), zeros(8), uint16(2, 16, 0, 0), uint32(48000 * 65536)];
  return box('mp4a', ...fields, ...(boxes.length > 0 ? boxes : [esds()]));
}

/** A whole file: `ftyp`, `mdat` with the samples of each track in a row, `moov`. */
export function buildMovie(tracks: readonly TrackPlan[], brand = 'isom'): Uint8Array {
  const start = 16 + 8;
  let at = start;
  const places = tracks.map(({ sizes }) => {
    const first = at;
    at += sizes.reduce((sum, size) => sum + size, 0);
    return first;
  });
  const media = Uint8Array.from({ length: at - start }, (_, i) => (i * 7 + (i >> 8)) & 255);
  const traks = tracks.map((track, i) => buildTrack(track, i + 1, places[i] ?? 0));
  const mvhd = fullBox('mvhd', 0, 0, uint32(0, 0, MOVIE_TIMESCALE, 0), zeros(80));
  return join([box('ftyp', ascii(brand), uint32(0)), box('mdat', media), box('moov', mvhd, ...traks)]);
}

function buildTrack(track: TrackPlan, id: number, place: number): Uint8Array {
  const { kind, timescale, language = 0x55c4, matrix = IDENTITY } = track;
  const handler = ascii(kind === 'video' ? 'vide' : 'soun');
  const edits = (track.elst ?? []).flatMap(([duration, time, rate]) => [duration, time, rate * 0x10000]);
  const elst = fullBox('elst', 0, 0, uint32(edits.length / 3, ...edits));
  const stsd = track.entry ?? (kind === 'video' ? avcEntry() : aacEntry());
  return box(
    'trak',
    fullBox('tkhd', 0, 3, uint32(0, 0, id, 0, 0, 0, 0, 0, 0), uint32(...matrix), uint32(0, 0)),
    edits.length > 0 ? box('edts', elst) : [],
    box(
      'mdia',
      fullBox('mdhd', 0, 0, uint32(0, 0, timescale, 0), uint16(language, 0)),
      fullBox('hdlr', 0, 0, uint32(0), handler, zeros(12)),
      box('minf', box('stbl', fullBox('stsd', 0, 0, uint32(1), stsd), ...buildTables(track, place))),
    ),
  );
}

function buildTables(track: TrackPlan, place: number): Uint8Array[] {
  const { sizes, stts, ctts, stss, perChunk = Math.max(1, sizes.length), largeOffsets } = track;
  const chunks: number[] = [];
  let at = place;
  for (const [i, size] of sizes.entries()) {
    if (i % perChunk === 0) chunks.push(at);
    at += size;
  }
  const offsets = largeOffsets ? chunks.flatMap((offset) => [0, offset]) : chunks;
  return [
    fullBox('stts', 0, 0, uint32(stts.length / 2, ...stts)),
    ...(ctts ? [fullBox('ctts', 1, 0, uint32(ctts.length / 2, ...ctts))] : []),
    ...(stss ? [fullBox('stss', 0, 0, uint32(stss.length, ...stss))] : []),
    fullBox('stsc', 0, 0, uint32(1, 1, perChunk, 1)),
    sizeTable(track),
    fullBox(largeOffsets ? 'co64' : 'stco', 0, 0, uint32(chunks.length, ...offsets)),
  ];
}

function sizeTable({ sizes, compactSizes }: TrackPlan): Uint8Array {
  if (!compactSizes) return fullBox('stsz', 0, 0, uint32(0, sizes.length, ...sizes));
  const packed = { 4: nibbles, 8: (list: readonly number[]) => uint8(...list), 16: pairs }[compactSizes](
    sizes,
  );
  return fullBox('stz2', 0, 0, uint32(compactSizes, sizes.length), packed);
}

function pairs(sizes: readonly number[]): Uint8Array {
  return uint16(...sizes);
}

function nibbles(sizes: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: Math.ceil(sizes.length / 2) }, (_, i) => {
    return ((sizes[i * 2] ?? 0) << 4) | (sizes[i * 2 + 1] ?? 0);
  });
}

/** Ten seconds of video, 10 frames a second, a sync sample each second. */
export function videoPlan(changes: Partial<TrackPlan> = {}): TrackPlan {
  const stss = Array.from({ length: 10 }, (_, i) => i * 10 + 1);
  return { kind: 'video', timescale: 10, sizes: Array(100).fill(9), stts: [100, 1], stss, ...changes };
}

/** Ten seconds of sound: 100 packets of a tenth of a second. */
export function audioPlan(changes: Partial<TrackPlan> = {}): TrackPlan {
  return { kind: 'audio', timescale: 48000, sizes: Array(100).fill(5), stts: [100, 4800], ...changes };
}
