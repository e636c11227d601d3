import type { ByteWindow } from './byte-window.ts';
import {
  type ElementHeader,
  HEADER_BYTES,
  ID,
  readElementHeader,
  readText,
  readUnsigned,
  readVint,
} from './ebml.ts';
import { corrupt, PackagerError } from './error.ts';
import { newKeyCheck } from './key-frames.ts';
import type { ScannedTrack } from './matroska-packets.ts';
import { readChapterElement } from './matroska-text.ts';
import { type MatroskaTrack, readTracks } from './matroska-track.ts';
import type { Chapter } from './media-index.ts';
import { SampleList } from './sample-list.ts';
import type { SampleBudget } from './sample-table.ts';

const MAX_CHAPTER_BYTES = 1024 * 1024;
const MAX_TRACKS_BYTES = 16 * 1024 * 1024;
/** Elements allowed beside those that carry samples. */
const SPARE_ELEMENTS = 2_000_000;
/** Elements whose inside is walked as if they were not there, so that open sizes need no care. */
const ENTERED: ReadonlySet<number> = new Set([ID.segment, ID.cluster, ID.blockGroup]);
/** Block header and lacing at most: track, time, flags and 255 sizes of up to 8 bytes. */
const LACE_BYTES = 4096;

/**
 * Walks the file once, element by element, and notes where each packet lies; payloads larger than the
 * window are skipped unread. A file that ends too early, or whose tail is no Matroska, counts up to there.
 */
export class BlockScan {
  docType = 'matroska';
  /** Nanoseconds of one tick of the file's times. */
  tick = 1_000_000;
  chapters: readonly Chapter[] = [];
  #at = 0;
  #broken = false;
  #elements: number;
  #clusterTime = 0;
  #tracks: Map<number, ScannedTrack> | undefined;
  /** The track of the latest block, and how many packets it held. */
  #latest: { scanned: ScannedTrack; packets: number } | undefined;
  readonly #budget: SampleBudget;

  constructor(budget: SampleBudget) {
    this.#budget = budget;
    this.#elements = budget.samplesLeft * 4 + SPARE_ELEMENTS;
  }

  /** Undefined until the tracks have been told. */
  get tracks(): readonly ScannedTrack[] | undefined {
    return this.#tracks && [...this.#tracks.values()];
  }

  /** Goes on to the end of the window: of the file when it is `whole`, else of what has come of it. */
  async advance(window: ByteWindow, whole: boolean): Promise<void> {
    while (!this.#broken && this.#at < window.size) {
      const at = this.#at;
      if (!whole && at + HEADER_BYTES > window.size) return;
      if (!window.has(at, HEADER_BYTES)) await window.load(at, HEADER_BYTES);
      const header = readElementHeader(window.peek(at, HEADER_BYTES), 0);
      if (!header || (header.size === undefined && !ENTERED.has(header.id))) {
        this.#broken = true;
        return;
      }
      const payload = at + header.length;
      if (ENTERED.has(header.id)) {
        this.#enter(header.id);
        this.#at = payload;
      } else {
        const { size = 0 } = header;
        if (payload + size > window.size) return;
        const wanted = this.#bytesOf(header);
        if (wanted > 0 && !window.has(payload, wanted)) await window.load(payload, wanted);
        if (wanted > 0) this.#read(header, window.peek(payload, wanted), payload);
        this.#at = payload + size;
      }
      if (this.#elements-- === 0)
        throw new PackagerError('limits_exceeded', 'The file has too many elements.');
    }
  }

  #enter(id: number): void {
    this.#latest = undefined;
    if (id === ID.cluster && !this.#tracks) throw corrupt('The file has media before its tracks.');
  }

  /** How many bytes of an element's payload matter. */
  #bytesOf({ id, size = 0 }: ElementHeader): number {
    switch (id) {
      case ID.simpleBlock:
      case ID.block:
        return Math.min(size, LACE_BYTES);
      case ID.tracks:
        if (size > MAX_TRACKS_BYTES)
          throw new PackagerError('limits_exceeded', 'The track headers are too large.');
        return this.#tracks ? 0 : size;
      case ID.chapters:
        return size > MAX_CHAPTER_BYTES ? 0 : size;
      case ID.header:
      case ID.info:
        return Math.min(size, 65_536);
      case ID.clusterTimestamp:
      case ID.blockDuration:
        return Math.min(size, 8);
      case ID.referenceBlock:
        return Math.min(size, 1);
      default:
        return 0;
    }
  }

  #read({ id, size = 0 }: ElementHeader, bytes: Uint8Array, at: number): void {
    const whole = { id, start: 0, end: bytes.length };
    if (id === ID.simpleBlock || id === ID.block) this.#block(bytes, at, size, id === ID.block);
    else if (id === ID.clusterTimestamp) this.#clusterTime = readUnsigned(bytes, whole);
    else if (id === ID.referenceBlock) this.#latest?.scanned.list.depend(this.#latest.packets);
    else if (id === ID.blockDuration) this.#duration(readUnsigned(bytes, whole));
    else if (id === ID.tracks) this.#open(readTracks(bytes));
    else if (id === ID.chapters) this.chapters = readChapterElement(bytes);
    else if (id === ID.header) this.docType = textOf(bytes, ID.docType) ?? this.docType;
    else this.tick = numberOf(bytes, ID.timestampScale) || this.tick;
  }

  #open(tracks: readonly MatroskaTrack[]): void {
    this.#tracks = new Map();
    for (const track of tracks) {
      if (track.kind === 'other' || this.#tracks.has(track.number)) continue;
      this.#tracks.set(track.number, {
        track,
        list: new SampleList(this.#budget),
        lastDuration: 0,
        durations: [],
        keys: newKeyCheck(),
      });
    }
  }

  #duration(ticks: number): void {
    if (!this.#latest) return;
    const { scanned, packets } = this.#latest;
    scanned.lastDuration = (ticks * this.tick) / packets;
    if (scanned.track.kind !== 'subtitles') return;
    for (let i = 1; i <= packets; i++) scanned.durations[scanned.list.count - i] = scanned.lastDuration;
  }

  /** `SimpleBlock` and `Block` (RFC 9559 §10.1, §10.2); one in a group is a sync sample until it refers to another. */
  #block(bytes: Uint8Array, at: number, size: number, grouped: boolean): void {
    const number = readVint(bytes, 0);
    const scanned = this.#tracks?.get(number?.value ?? 0);
    this.#latest = undefined;
    if (!scanned || !number || number.length + 3 > size) return;
    const flagsAt = number.length + 2;
    const flags = bytes[flagsAt] as number;
    const relative = ((((bytes[flagsAt - 2] as number) << 8) | (bytes[flagsAt - 1] as number)) << 16) >> 16;
    const time = (this.#clusterTime + relative) * this.tick - scanned.track.codecDelay;
    if (Math.abs(time) > 2 ** 53) throw corrupt('The times of a track are beyond any real video.');
    const sizes = laceSizes(bytes, flagsAt + 1, size, (flags >> 1) & 3);
    const key = grouped || flags >= 0x80 || scanned.track.kind === 'audio';
    let position = at + size - sizes.reduce((sum, length) => sum + length, 0);
    for (const [i, length] of sizes.entries()) {
      scanned.list.add(position, length, i === 0 ? time : Number.NaN, key);
      if (scanned.track.kind === 'subtitles') scanned.durations.push(0);
      position += length;
    }
    scanned.lastDuration = 0;
    this.#latest = { scanned, packets: sizes.length };
  }
}

/** Sizes of the packets in a block (RFC 9559 §10.3). Throws `corrupt` when they do not fit it. */
function laceSizes(bytes: Uint8Array, start: number, end: number, lacing: number): number[] {
  if (lacing === 0) return [end - start];
  const count = (bytes[start] ?? 0) + 1;
  let at = start + 1;
  if (lacing === 2) {
    if ((end - at) % count !== 0) throw corrupt('A block does not divide into its packets.');
    return Array<number>(count).fill((end - at) / count);
  }
  const sizes: number[] = [];
  for (let i = 0; i + 1 < count; i++) {
    if (lacing === 1) {
      let size = 0;
      let byte = 255;
      while (byte === 255) {
        byte = bytes[at++] ?? 0;
        size += byte;
      }
      sizes.push(size);
      continue;
    }
    const told = readVint(bytes, at);
    if (told?.value === undefined) throw corrupt('A block has no sizes for its packets.');
    at += told.length;
    // All but the first are differences, stored with an offset that makes them positive.
    const bias = 2 ** (7 * told.length - 1) - 1;
    sizes.push(i === 0 ? told.value : (sizes[i - 1] as number) + told.value - bias);
  }
  const rest = end - at - sizes.reduce((sum, size) => sum + size, 0);
  sizes.push(rest);
  if (sizes.some((size) => size < 0)) throw corrupt('The packets of a block are larger than it.');
  return sizes;
}

function fieldsOf(bytes: Uint8Array, wanted: number) {
  for (let at = 0; at < bytes.length; ) {
    const header = readElementHeader(bytes, at);
    if (header?.size === undefined) return undefined;
    const start = at + header.length;
    const element = { id: header.id, start, end: Math.min(start + header.size, bytes.length) };
    if (header.id === wanted) return element;
    at = start + header.size;
  }
  return undefined;
}

function textOf(bytes: Uint8Array, id: number): string | undefined {
  const element = fieldsOf(bytes, id);
  return element && readText(bytes, element);
}

function numberOf(bytes: Uint8Array, id: number): number {
  const element = fieldsOf(bytes, id);
  return element ? readUnsigned(bytes, element) : 0;
}
