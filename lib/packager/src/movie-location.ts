import { fourCharacters, readBoxHeader, viewOf } from './box.ts';
import { PackagerError } from './error.ts';
import { type ByteSource, readExactly } from './source.ts';

/** Where the movie header stands: offset and length of the whole `moov` box, in bytes. */
export interface MovieLocation {
  readonly offset: number;
  readonly length: number;
  readonly brand: 'mp4' | 'mov';
}

/** Bytes fetched at each look: enough for a run of small boxes, little enough for remote storage. */
const WINDOW = 4096;
const MAX_TOP_LEVEL_BOXES = 4096;
/** Types that may open a QuickTime file older than `ftyp` (QuickTime File Format, "Basic Data Types"). */
const OPENING_TYPES = new Set(['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot', 'uuid']);

/** Signatures of containers that we recognise only to name them. */
const FOREIGN: readonly { name: string; at: number; bytes: readonly number[] }[] = [
  { name: 'AVI or WAV', at: 0, bytes: [0x52, 0x49, 0x46, 0x46] },
  { name: 'Ogg', at: 0, bytes: [0x4f, 0x67, 0x67, 0x53] },
  { name: 'Flash video', at: 0, bytes: [0x46, 0x4c, 0x56, 0x01] },
  { name: 'FLAC', at: 0, bytes: [0x66, 0x4c, 0x61, 0x43] },
  { name: 'Windows Media', at: 0, bytes: [0x30, 0x26, 0xb2, 0x75] },
  { name: 'MPEG program stream', at: 0, bytes: [0x00, 0x00, 0x01, 0xba] },
  { name: 'MP3', at: 0, bytes: [0x49, 0x44, 0x33] },
];

/**
 * Walks the top-level boxes to `moov` and reads nothing but headers, so the cost does not depend on the
 * size of the file. Throws `not_media`, `unsupported_container`, `fragmented_not_supported`, `truncated`,
 * `corrupt` or `limits_exceeded`.
 */
export async function locateMovie(source: ByteSource): Promise<MovieLocation> {
  const window = new HeaderWindow(source);
  await checkOpening(window);
  let brand: 'mp4' | 'mov' = 'mov';
  let sawMedia = false;
  let at = 0;
  for (let boxes = 0; source.size - at >= 8; boxes++) {
    if (boxes === MAX_TOP_LEVEL_BOXES) {
      throw new PackagerError('limits_exceeded', 'The file has too many top-level boxes.');
    }
    const { view, position } = await window.at(at);
    const { type, size } = readBoxHeader(view, position);
    const length = size === 0 ? source.size - at : size;
    if (type === 'moov') return checkedLocation(source, at, length, brand);
    if (type === 'moof') throw new PackagerError('fragmented_not_supported', 'The file is a fragmented MP4.');
    if (type === 'ftyp' && view.byteLength - position >= 12) {
      brand = fourCharacters(view, position + 8) === 'qt  ' ? 'mov' : 'mp4';
    }
    sawMedia ||= type === 'mdat';
    at += length;
  }
  throw withoutMovie(sawMedia || at > source.size);
}

function checkedLocation(
  source: ByteSource,
  at: number,
  length: number,
  brand: 'mp4' | 'mov',
): MovieLocation {
  if (at + length > source.size) {
    throw new PackagerError('truncated', 'The file ends inside its movie header.');
  }
  return { offset: at, length, brand };
}

function withoutMovie(cut: boolean): PackagerError {
  return cut
    ? new PackagerError('truncated', 'The file ends before its movie header: it was cut or never finished.')
    : new PackagerError('not_media', 'The file has no movie header.');
}

async function checkOpening(window: HeaderWindow): Promise<void> {
  if (window.size < 8) throw new PackagerError('not_media', 'The file is empty or only a few bytes long.');
  const { view } = await window.at(0);
  if (OPENING_TYPES.has(fourCharacters(view, 4))) return;
  const name = foreignContainer(view);
  if (name) throw new PackagerError('unsupported_container', `The file is ${name}, not MP4 or MOV.`);
  throw new PackagerError('not_media', 'The file is not a video: it does not begin like MP4 or MOV.');
}

function foreignContainer(view: DataView): string | undefined {
  const matches = (at: number, bytes: readonly number[]) =>
    at + bytes.length <= view.byteLength && bytes.every((byte, i) => view.getUint8(at + i) === byte);
  return FOREIGN.find(({ at, bytes }) => matches(at, bytes))?.name;
}

/** A small moving window over the source, so that neighbouring headers cost one read. */
class HeaderWindow {
  readonly size: number;
  readonly #source: ByteSource;
  #start = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(source: ByteSource) {
    this.#source = source;
    this.size = source.size;
  }

  /** A view in which 16 bytes (or all that is left) stand at `position`. */
  async at(offset: number): Promise<{ view: DataView; position: number }> {
    const needed = Math.min(16, this.size - offset);
    if (offset < this.#start || offset + needed > this.#start + this.#view.byteLength) {
      const bytes = await readExactly(this.#source, offset, Math.min(WINDOW, this.size - offset));
      this.#view = viewOf(bytes);
      this.#start = offset;
    }
    return { view: this.#view, position: offset - this.#start };
  }
}
