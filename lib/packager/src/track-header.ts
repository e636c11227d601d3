import {
  type Box,
  childBoxes,
  findBox,
  findLoosely,
  fourCharacters,
  readUint64,
  requireBox,
  requireLength,
} from './box.ts';
import { type Edit, readEditList, WHOLE_TRACK } from './edit-list.ts';
import { corrupt, PackagerError } from './error.ts';
import type { Rotation } from './media-index.ts';
import { plainText } from './plain-text.ts';

/** A track before its samples are read. */
export interface TrackHeader {
  readonly id: number;
  readonly handler: string;
  readonly enabled: boolean;
  readonly timescale: number;
  readonly language: string | undefined;
  /** What the file calls the track. */
  readonly name: string | undefined;
  readonly matrix: readonly number[];
  /** Types and places of its sample descriptions, in order. */
  readonly entries: readonly Box[];
  /** Version of `stsd`, which tells ISO from QuickTime sound descriptions. */
  readonly entriesVersion: number;
  readonly stbl: Box;
  readonly trak: Box;
}

const IDENTITY = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

/** Reads `tkhd`, `mdhd`, `hdlr` and the list of sample descriptions of one `trak`. */
export function readTrackHeader(view: DataView, trak: Box): TrackHeader {
  const mdia = requireBox(view, trak, 'mdia');
  const hdlr = requireBox(view, mdia, 'hdlr');
  requireLength(hdlr, 12);
  const stbl = requireBox(view, mdia, 'minf', 'stbl');
  const stsd = requireBox(view, stbl, 'stsd');
  requireLength(stsd, 8);
  return {
    handler: fourCharacters(view, hdlr.start + 8),
    ...readTrackBox(view, findBox(view, trak, 'tkhd')),
    ...readMediaHeader(view, requireBox(view, mdia, 'mdhd')),
    entries: childBoxes(view, stsd.start + 8, stsd.end),
    entriesVersion: view.getUint8(stsd.start),
    name: readTrackName(view, trak),
    stbl,
    trak,
  };
}

/** The name in the track's user data, as QuickTime and ffmpeg write it. */
function readTrackName(view: DataView, trak: Box): string | undefined {
  const box = findLoosely(view, trak, 'udta', 'name');
  if (!box || box.end - box.start > 1024) return undefined;
  const bytes = new Uint8Array(view.buffer, view.byteOffset + box.start, box.end - box.start);
  return plainText(bytes);
}

/** The track's edit (ISO/IEC 14496-12 §8.6.5), or the whole track when it has none. */
export function readTrackEdit(view: DataView, trak: Box): Edit {
  const elst = findBox(view, trak, 'edts', 'elst');
  return elst ? readEditList(view, elst) : WHOLE_TRACK;
}

/** Throws when the samples of an entry lie in another file (`dref`, §8.7.2). */
export function requireOwnData(view: DataView, header: TrackHeader, entry: Box): void {
  const dref = findBox(view, header.trak, 'mdia', 'minf', 'dinf', 'dref');
  if (!dref) return;
  requireLength(dref, 8);
  requireLength(entry, 8);
  const reference = childBoxes(view, dref.start + 8, dref.end)[view.getUint16(entry.start + 6) - 1];
  if (reference && reference.end - reference.start >= 4 && (view.getUint32(reference.start) & 1) === 0) {
    throw new PackagerError('unsupported_container', 'The movie points to media in another file.');
  }
}

/** `tkhd` (§8.3.2): the track id, the enabled flag and the matrix. */
function readTrackBox(view: DataView, tkhd: Box | undefined) {
  if (!tkhd) return { id: 0, enabled: true, matrix: IDENTITY };
  requireLength(tkhd, 4);
  const long = view.getUint8(tkhd.start) === 1;
  const matrixAt = tkhd.start + (long ? 52 : 40);
  requireLength(tkhd, matrixAt - tkhd.start + 36);
  const matrix = IDENTITY.map((_, i) => view.getInt32(matrixAt + i * 4));
  const id = view.getUint32(tkhd.start + (long ? 20 : 12));
  return { id, enabled: (view.getUint32(tkhd.start) & 1) === 1, matrix };
}

/** `mdhd` (§8.4.2): units a second, and the language. */
function readMediaHeader(view: DataView, mdhd: Box) {
  requireLength(mdhd, 24);
  const long = view.getUint8(mdhd.start) === 1;
  if (long) requireLength(mdhd, 36);
  const timescale = view.getUint32(mdhd.start + (long ? 20 : 12));
  if (timescale === 0) throw corrupt('A track has no timescale.');
  return { timescale, language: languageTag(view.getUint16(mdhd.start + (long ? 32 : 20))) };
}

/** Units a second of the movie (`mvhd`, §8.2.2). */
export function readMovieTimescale(view: DataView, moov: Box): number {
  const mvhd = requireBox(view, moov, 'mvhd');
  requireLength(mvhd, 24);
  const long = view.getUint8(mvhd.start) === 1;
  if (long) readUint64(view, mvhd.start + 4);
  const timescale = view.getUint32(mvhd.start + (long ? 20 : 12));
  if (timescale === 0) throw corrupt('The movie has no timescale.');
  return timescale;
}

/** Three packed letters (§8.4.2.3) as a canonical BCP 47 tag; nothing for "undetermined" or old Mac codes. */
function languageTag(packed: number): string | undefined {
  const letters = [packed >> 10, packed >> 5, packed].map((value) => (value & 31) + 0x60);
  const code = String.fromCharCode(...letters);
  if (packed < 0x400 || !/^[a-z]{3}$/.test(code) || code === 'und') return undefined;
  return Intl.getCanonicalLocales(code)[0];
}

/** Clockwise turn that a track matrix asks for, to the nearest quarter. */
export function rotationOf(matrix: readonly number[]): Rotation {
  const [a = 0, b = 0] = matrix;
  const quarters = Math.round(Math.atan2(b, a) / (Math.PI / 2));
  return ([0, 90, 180, 270] as const)[(quarters + 4) % 4] ?? 0;
}
