import { join } from './box-writer.ts';
import { childElements, type Element, readFloat, readText, readUnsigned } from './ebml.ts';
import { PackagerError } from './error.ts';
import type { Rotation } from './media-index.ts';
import type { Colours } from './picture.ts';
import { plainText } from './plain-text.ts';

/** A track as Matroska tells it (RFC 9559 §5.1.4); absent numbers are 0. */
export interface MatroskaTrack {
  readonly number: number;
  readonly kind: 'video' | 'audio' | 'subtitles' | 'other';
  readonly codecId: string;
  readonly codecPrivate: Uint8Array;
  readonly enabled: boolean;
  /** Nanoseconds of a frame. */
  readonly defaultDuration: number;
  /** Nanoseconds by which the stream begins before its first packet's content is heard. */
  readonly codecDelay: number;
  readonly language: string | undefined;
  readonly name: string | undefined;
  /** Whether its packets are compressed, encrypted or have lost their first bytes to the header. */
  readonly encoded: boolean;
  readonly encrypted: boolean;
  /** The children of its entry for a decoder: all but the delay, which our times hold already. */
  readonly entry: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly aspect: readonly [number, number];
  readonly colours: Colours | undefined;
  readonly rotation: Rotation;
  readonly channels: number;
  readonly sampleRate: number;
}

/** Track types (RFC 9559 §5.1.4.1.3). */
const KINDS: Partial<Record<number, MatroskaTrack['kind']>> = { 1: 'video', 2: 'audio', 17: 'subtitles' };
const CODEC_DELAY = 0x56aa;
const MAX_ENTRY_BYTES = 1024 * 1024;
const MAX_TRACKS = 64;

/** Reads a whole `Tracks` element. */
export function readTracks(bytes: Uint8Array): MatroskaTrack[] {
  const entries = childElements(bytes, 0, bytes.length).filter(({ id }) => id === 0xae);
  if (entries.length > MAX_TRACKS)
    throw new PackagerError('limits_exceeded', 'The file has too many tracks.');
  return entries.map((entry) => readTrack(new Fields(bytes, entry)));
}

function readTrack(entry: Fields): MatroskaTrack {
  const type = entry.unsigned(0x83);
  const audio = entry.child(0xe1);
  return {
    number: entry.unsigned(0xd7),
    kind: KINDS[type] ?? 'other',
    codecId: entry.text(0x86),
    codecPrivate: entry.bytes(0x63a2),
    enabled: entry.unsigned(0xb9, 1) === 1,
    defaultDuration: entry.unsigned(0x23e383),
    codecDelay: entry.unsigned(CODEC_DELAY),
    language: languageTag(entry.text(0x22b59d) || entry.text(0x22b59c)),
    name: plainText(entry.bytes(0x536e)),
    encoded: entry.child(0x6d80) !== undefined,
    encrypted:
      entry
        .child(0x6d80)
        ?.children(0x6240)
        .some((coding) => coding.unsigned(0x5033) === 1) ?? false,
    entry: entry.without(CODEC_DELAY, MAX_ENTRY_BYTES),
    channels: audio?.unsigned(0x9f, 1) ?? 0,
    sampleRate: audio?.float(0xb5) ?? 0,
    ...readPicture(entry.child(0xe0)),
  };
}

/** `Video` (§5.1.4.1.28). */
function readPicture(video: Fields | undefined) {
  const width = video?.unsigned(0xb0) ?? 0;
  const height = video?.unsigned(0xba) ?? 0;
  const shownWidth = video?.unsigned(0x54b0, width) ?? 0;
  const shownHeight = video?.unsigned(0x54ba, height) ?? 0;
  const aspect: readonly [number, number] = [shownWidth * height, shownHeight * width];
  // A roll counts against the clock, a rotation with it.
  const roll = video?.child(0x7670)?.float(0x7675) ?? 0;
  const rotation = ([0, 90, 180, 270] as const)[((Math.round(-roll / 90) % 4) + 4) % 4] ?? 0;
  return { width, height, aspect, colours: readColours(video?.child(0x55b0)), rotation };
}

function readColours(colour: Fields | undefined): Colours | undefined {
  const told = { primaries: colour?.unsigned(0x55bb, 2) ?? 2, transfer: colour?.unsigned(0x55ba, 2) ?? 2 };
  const matrix = colour?.unsigned(0x55b1, 2) ?? 2;
  const codes = [told.primaries, told.transfer, matrix];
  if (codes.every((code) => code === 2) || codes.some((code) => code > 255)) return undefined;
  return { ...told, matrix, fullRange: colour?.unsigned(0x55b9) === 2 };
}

function languageTag(name: string): string | undefined {
  if (!/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(name) || name === 'und') return undefined;
  try {
    return Intl.getCanonicalLocales(name)[0];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The children of an element by their ids, first one counts. */
class Fields {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #elements: readonly Element[];

  constructor(bytes: Uint8Array, { start, end }: Element) {
    this.#bytes = bytes;
    this.#start = start;
    this.#elements = childElements(bytes, start, end);
  }

  unsigned(id: number, absent = 0): number {
    const element = this.#find(id);
    return element ? readUnsigned(this.#bytes, element) : absent;
  }

  float(id: number): number {
    const element = this.#find(id);
    return element ? readFloat(this.#bytes, element) : 0;
  }

  text(id: number): string {
    const element = this.#find(id);
    return element ? readText(this.#bytes, element) : '';
  }

  bytes(id: number): Uint8Array {
    const element = this.#find(id);
    return Uint8Array.from(element ? this.#bytes.subarray(element.start, element.end) : []);
  }

  child(id: number): Fields | undefined {
    const element = this.#find(id);
    return element && new Fields(this.#bytes, element);
  }

  children(id: number): Fields[] {
    return this.#elements.filter((element) => element.id === id).map((one) => new Fields(this.#bytes, one));
  }

  /** All elements as they stand in the file but those with this id. Throws `limits_exceeded`. */
  without(id: number, most: number): Uint8Array {
    const kept = this.#elements.map((element, i) => {
      const from = i > 0 ? (this.#elements[i - 1]?.end ?? 0) : this.#start;
      return element.id === id ? new Uint8Array(0) : this.#bytes.subarray(from, element.end);
    });
    if (kept.reduce((sum, { length }) => sum + length, 0) > most)
      throw new PackagerError('limits_exceeded', 'The track headers are too large.');
    return join(kept);
  }

  #find(id: number): Element | undefined {
    return this.#elements.find((element) => element.id === id);
  }
}
