import { closeSync, openSync } from 'node:fs';
import { Problem } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import type { VideoRow } from '../database.ts';
import type { IndexAnswer } from '../indexing/index-worker.ts';
import type { Indexer } from '../indexing/indexer.ts';
import type { Library } from '../library/library.ts';
import { indexOf } from '../library/object-names.ts';
import { isSlow, type Packaged, packageIndex } from '../playback/packaged.ts';
import { readIndex } from '../playback/presentations.ts';
import type { LocalStorage } from '../storage/storage.ts';
import { ArrivalAudiences, type ArrivalNews } from './arrival-news.ts';
import { GrowingSource } from './growing-source.ts';
import type { Spool } from './spool.ts';

export interface ArrivalsOptions {
  readonly library: Library;
  readonly storage: LocalStorage;
  readonly spool: Spool;
  readonly indexer: Indexer;
  /** Called when there is more of a video that can be cut while it arrives. */
  readonly onGrown: (row: VideoRow) => void;
  readonly log: Logger;
}

/** A first look needs the top-level boxes that stand before the media. */
const FIRST_LOOK = 4096;
/** A movie header that is complete only with so much of the file is read once, when all of it is there. */
const LATE = 0.9;
/** Encoded bytes of all indexes that are kept in memory for it; what is beyond plays when it is complete. */
const MAX_WEIGHT = 16 * 1024 * 1024;

/** A file whose index grows is looked at again when this much more has come… */
const GROWTH = 32 * 1024;
/** …and this many times as long has passed as the last look took, within these milliseconds. */
const PAUSE = 8;
const LEAST_PAUSE_MS = 250;
const MOST_PAUSE_MS = 3000;

type Indexed = Extract<IndexAnswer, { index: Uint8Array }>;

/** What is known of one upload that is under way. */
interface Arrival {
  readonly source: GrowingSource;
  packaged: Packaged | undefined;
  /** Bytes of the encoded index. */
  weight: number;
  /** Bytes that may be shown: never fewer than before. */
  shown: number;
  /** Bytes that must be there before the file is looked at again. */
  needs: number;
  /** When that may be, by `performance.now()`. */
  notBefore: number;
  timer: NodeJS.Timeout | undefined;
  /** Whether the index is that of the whole file and stands in the storage. */
  isKept: boolean;
  /** All bytes are there: from now on the index of the whole file counts. */
  complete: boolean;
  work: Promise<void> | undefined;
}

/**
 * Videos that play while they arrive (DESIGN §6.5). Where a movie header tells everything, the index is made as soon
 * as it is there: in front, or sent ahead by the browser. Containers without one (fragmented MP4, Matroska, WebM,
 * transport streams) are scanned as their bytes come, and their index grows. Whatever lies wholly in the bytes that
 * have come can be played.
 */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #arrivals = new Map<string, Arrival>();

  readonly #audiences = new ArrivalAudiences((id) => this.playableUntil(id));

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** Tells what becomes of a video that is arriving. Returns how to stop. */
  watch(id: string, listener: (news: ArrivalNews) => void): () => void {
    return this.#audiences.watch(id, listener);
  }

  /** Names the movie header whose whole index stands in the storage already. */
  kept(id: string): string | undefined {
    const arrival = this.#arrivals.get(id);
    return arrival?.isKept ? (arrival.packaged?.movie ?? undefined) : undefined;
  }

  /** A video that can be cut while it arrives, if that is known already. */
  known(id: string): Packaged | undefined {
    return this.#arrivals.get(id)?.packaged;
  }

  /** The same, also where an earlier process made the index, or where it is to be made again. */
  async find(row: VideoRow): Promise<Packaged | undefined> {
    if (row.upload !== 'receiving') return this.known(row.id);
    const arrival = this.#arrival(row);
    if (!arrival.packaged && row.movie !== null) {
      await this.#once(arrival, () => this.#restore(row, arrival)).catch((err: unknown) => {
        this.#options.log.warn({ err, videoId: row.id }, 'the index of a part could not be read');
      });
    }
    if (!arrival.packaged) {
      this.grown(row);
      await arrival.work?.catch(() => undefined); // told to whoever began it
    }
    return arrival.packaged;
  }

  /** Seconds from the start that can be played; null while nothing is known of the video. */
  playableUntil(id: string): number | null {
    const packaged = this.known(id);
    return packaged ? playableSeconds(packaged) : null;
  }

  /** More of a file has come, or an earlier process left it: looks whether there is more to play. */
  grown(row: VideoRow): void {
    const arrival = this.#arrival(row);
    const arrived = this.#options.spool.settled(row.id);
    if (arrival.packaged) this.#tellGrown(row);
    if (arrival.work || arrival.timer || arrived < arrival.needs || arrived >= row.size_bytes) return;
    const pause = arrival.notBefore - performance.now();
    if (pause > 0) {
      arrival.timer = setTimeout(() => {
        arrival.timer = undefined;
        this.#lookAgain(row, arrival);
      }, pause).unref();
      return;
    }
    this.#once(arrival, () => this.#look(row, arrival, arrived)).catch((err: unknown) => {
      this.#options.log.warn({ err, videoId: row.id }, 'a part of a file could not be indexed');
    });
  }

  /** Rejects with `not_found` or `conflict` when no movie header is wanted for a video. */
  async expect(id: string): Promise<VideoRow> {
    const row = await this.#options.library.require(id);
    if (row.upload !== 'receiving') throw tooLate();
    return row;
  }

  /**
   * Takes a movie header that was sent ahead of its file. Resolves when it is indexed and kept. Rejects with
   * `conflict` when the upload is complete or has another index, `invalid_fields` when it is no movie header.
   */
  async take(id: string, moov: Uint8Array<ArrayBuffer>): Promise<void> {
    const { size_bytes: size } = await this.expect(id);
    const answer = await this.#options.indexer.index({ moov, size });
    if (!answer.ok) throw new Problem('invalid_fields', { detail: answer.detail });
    if (!('index' in answer)) throw new Error('an index was asked for');
    const row = await this.expect(id);
    const arrival = this.#arrival(row);
    while (arrival.work) await arrival.work.catch(() => undefined);
    if (arrival.complete) throw tooLate();
    await this.#once(arrival, () => this.#keep(row, arrival, answer));
    if (!arrival.packaged) throw new Problem('unavailable', { retryAfter: 60 });
    if (arrival.packaged.movie !== answer.movie) throw tooLate();
  }

  /** All bytes are there. Resolves when no index of a part is being made any more. */
  async complete(row: VideoRow): Promise<void> {
    const arrival = this.#arrivals.get(row.id);
    if (!arrival) return;
    arrival.complete = true;
    arrival.shown = row.size_bytes;
    await arrival.work?.catch(() => undefined); // told to whoever began it
  }

  /** The video has an index of the whole file, made of this movie header; null when it cannot be played. */
  settled(id: string, movie: string | null): void {
    const before = this.#arrivals.get(id)?.packaged;
    this.#audiences.complete(id, before !== undefined && before.movie === movie);
    this.forget(id);
  }

  /** The video is gone, or plays from elsewhere. */
  forget(id: string): void {
    const arrival = this.#arrivals.get(id);
    if (!arrival) return;
    clearTimeout(arrival.timer);
    arrival.source.close();
    this.#arrivals.delete(id);
    this.#options.indexer.forget(id);
  }

  async close(): Promise<void> {
    for (const { work } of this.#arrivals.values()) await work?.catch(() => undefined);
    for (const id of [...this.#arrivals.keys()]) this.forget(id);
  }

  #arrival(row: VideoRow): Arrival {
    const known = this.#arrivals.get(row.id);
    if (known) return known;
    const { spool, storage } = this.#options;
    const { path } = spool.file(row.id);
    const source = new GrowingSource({ file: row.file_id, size: row.size_bytes, path, storage });
    const needs = Math.min(FIRST_LOOK, row.size_bytes);
    const nothing = {
      ...{ packaged: undefined, weight: 0, shown: 0, complete: false, isKept: false },
      ...{ work: undefined, timer: undefined, notBefore: 0 },
    };
    const arrival: Arrival = { source, needs, ...nothing };
    this.#arrivals.set(row.id, arrival);
    return arrival;
  }

  /** One piece of work at a time for each video. */
  #once(arrival: Arrival, work: () => Promise<void>): Promise<void> {
    arrival.work ??= work().finally(() => {
      arrival.work = undefined;
    });
    return arrival.work;
  }

  async #look(row: VideoRow, arrival: Arrival, arrived: number): Promise<void> {
    const { indexer, spool } = this.#options;
    const started = performance.now();
    const fd = openSync(spool.file(row.id).path, 'r');
    const { id, size_bytes: size } = row;
    const answer = await indexer.index({ fd, size, arrived, id }).finally(() => closeSync(fd));
    if ('index' in answer && answer.growing) await this.#extend(row, arrival, answer, arrived);
    else if ('index' in answer) return this.#keep(row, arrival, answer);
    else {
      const needs = (!answer.ok && answer.needs) || Number.POSITIVE_INFINITY;
      arrival.needs = needs > size * LATE && !arrival.packaged ? Number.POSITIVE_INFINITY : needs;
    }
    const took = performance.now() - started;
    const pause = Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, took * PAUSE));
    arrival.notBefore = performance.now() + pause;
    setImmediate(() => this.#lookAgain(row, arrival));
  }

  /** Shows as much more as an index tells that was made of what has come so far. */
  async #extend(row: VideoRow, arrival: Arrival, answer: Indexed, arrived: number): Promise<void> {
    if (arrival.complete) return;
    arrival.needs = Number.POSITIVE_INFINITY;
    if (answer.obstacle !== null || !this.#hasRoom(answer.index, arrival)) return;
    if (!arrival.packaged) {
      const { width, height } = answer;
      if (!(await this.#options.library.announced(row.id, null, { duration: null, width, height }))) return;
    }
    arrival.needs = arrived + GROWTH;
    arrival.packaged = this.#package(row, arrival, answer.index, answer.movie);
    arrival.weight = answer.index.length;
    this.#tellGrown(row);
  }

  #tellGrown(row: VideoRow): void {
    this.#audiences.grown(row.id);
    this.#options.onGrown(row);
  }

  /** What came while the file was looked at may be enough. */
  #lookAgain(row: VideoRow, arrival: Arrival): void {
    if (this.#arrivals.get(row.id) === arrival) this.grown(row);
  }

  async #keep(row: VideoRow, arrival: Arrival, answer: Indexed): Promise<void> {
    const { library, storage, spool } = this.#options;
    if (arrival.packaged || arrival.complete) return;
    arrival.needs = Number.POSITIVE_INFINITY; // it has been looked at
    if (answer.obstacle !== null || !this.#hasRoom(answer.index, arrival)) return;
    const packaged = this.#package(row, arrival, answer.index, answer.movie);
    await storage.put(indexOf(row.file_id), spool.save(answer.index));
    if (!(await library.announced(row.id, answer.movie, answer))) {
      await storage.remove(indexOf(row.file_id)); // deleted meanwhile
      return;
    }
    arrival.packaged = packaged;
    arrival.weight = answer.index.length;
    arrival.isKept = true;
    this.#tellGrown(row);
    setImmediate(() => this.#warm(row, packaged));
  }

  /** Whoever comes when the last byte is there waits for nothing that could be computed before. */
  #warm(row: VideoRow, { presentation }: Packaged): void {
    try {
      presentation.masterPlaylist();
    } catch (err) {
      this.#options.log.warn({ err, videoId: row.id }, 'a playlist could not be written ahead');
    }
  }

  async #restore(row: VideoRow, arrival: Arrival): Promise<void> {
    const index = await readIndex(this.#options.storage, row.file_id);
    if (!this.#hasRoom(index, arrival)) return;
    arrival.packaged = this.#package(row, arrival, index, row.movie);
    arrival.needs = Number.POSITIVE_INFINITY;
    arrival.weight = index.length;
  }

  /** Whether this may be the index of an arrival beside those of all others. */
  #hasRoom(index: Uint8Array, mine: Arrival): boolean {
    let weight = index.length;
    for (const arrival of this.#arrivals.values()) if (arrival !== mine) weight += arrival.weight;
    return weight <= MAX_WEIGHT;
  }

  #package(row: VideoRow, arrival: Arrival, index: Uint8Array, movie: string | null): Packaged {
    const { spool } = this.#options;
    const arrived = () => {
      if (arrival.shown < row.size_bytes) arrival.shown = Math.max(arrival.shown, spool.settled(row.id));
      return arrival.shown;
    };
    return packageIndex(index, { source: arrival.source, movie, file: row.file_id, arrived });
  }
}

const tooLate = () => new Problem('conflict', { detail: 'The video has its index already.' });

/** How far all tracks reach in the bytes that are there; 0 while one of them has not begun. */
function playableSeconds(packaged: Packaged): number {
  const { presentation, arrived } = packaged;
  const bytes = arrived?.() ?? Number.POSITIVE_INFINITY;
  if (isSlow(packaged)) return packaged.reach().secondsWithin(bytes); // no segment of it is there before its end
  let until = presentation.duration;
  for (const track of presentation.tracks) {
    const count = track.segmentsWithin(bytes);
    if (count === track.segmentCount && !presentation.growing) continue;
    until = Math.min(until, count === 0 ? 0 : track.segmentStart(count));
  }
  return until;
}
