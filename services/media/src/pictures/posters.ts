import { Problem } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import type { VideoRow } from '../database.ts';
import type { Library } from '../library/library.ts';
import { posterOf } from '../library/object-names.ts';
import type { Packaged } from '../playback/packaged.ts';
import type { Storage } from '../storage/storage.ts';
import type { Spool } from '../uploads/spool.ts';
import { fitWithin, type SheetMaker } from './picture-sheets.ts';
import { chooseTelling, MAX_CARD_BYTES } from './poster-choice.ts';

/** Who made a poster: an early one is what the first bytes of an upload gave. */
export type PosterMaker = NonNullable<VideoRow['poster']>;

/** A poster gives way only to one of at least its own rank; what the owner chose stays. */
const RANK: Record<PosterMaker, number> = { early: 0, browser: 1, server: 2, owner: 3 };
/** The box that a poster fits into, in pixels. */
const BOX = { width: 1280, height: 1280 };
/** Pictures to choose from, out of this part of the video: neither its black beginning nor how it ends. */
const CHOICE = { count: 8, from: 0.03, to: 0.7 };
/** Pictures of the first bytes to choose from. */
const EARLY_COUNT = 3;

export interface PostersOptions {
  readonly library: Library;
  readonly storage: Storage;
  readonly spool: Spool;
  readonly sheets: SheetMaker;
  /** What is known of a video that is still arriving. */
  readonly arriving: (id: string) => Packaged | undefined;
  readonly log: Logger;
}

/** The poster of each video: the browser's at once, then a telling frame that we find, or what the owner chose. */
export class Posters {
  readonly #options: PostersOptions;
  /** Uploads of which an early poster was tried. */
  readonly #tried = new Set<string>();
  readonly #stop = new AbortController();
  #early: Promise<void> = Promise.resolve();
  #keeping: Promise<void> = Promise.resolve();

  constructor(options: PostersOptions) {
    this.#options = options;
  }

  /** Keeps a poster that was sent. Rejects with `not_found` or `invalid_fields`. */
  async take(id: string, jpeg: Buffer, from: 'browser' | 'owner'): Promise<void> {
    await this.#options.library.require(id);
    if (!isJpeg(jpeg)) throw new Problem('invalid_fields', { detail: 'The poster is not a JPEG.' });
    await this.#keep(id, jpeg, from);
  }

  /** Chooses a telling frame of a video that is complete. Rejects with `TranscodeError`. */
  async make(id: string, packaged: Packaged, signal?: AbortSignal): Promise<void> {
    this.#tried.delete(id);
    const { duration } = packaged.presentation;
    const { count } = CHOICE;
    const part = { count, from: duration * CHOICE.from, to: duration * CHOICE.to };
    const pictures = packaged.keyPictures(part) ?? packaged.keyPictures({ count });
    const jpeg = pictures && (await this.#draw(packaged, pictures, signal));
    if (jpeg) await this.#keep(id, jpeg, 'server');
  }

  /** The picture at a moment, in seconds; undefined where there is none. Rejects with `TranscodeError`. */
  async at(packaged: Packaged, moment: number, signal?: AbortSignal): Promise<Buffer | undefined> {
    const pictures = packaged.keyPictures({ count: 1, until: moment });
    return pictures && this.#draw(packaged, pictures, signal);
  }

  /** The owner's choice ends; until another one is made the video shows what it showed. Rejects with `not_found`. */
  async release(id: string): Promise<VideoRow> {
    const row = await this.#options.library.require(id);
    if (row.poster === 'owner') await this.#options.library.posted(id, 'browser', row.poster_version);
    return row;
  }

  /** More of a video has come: while it has no poster, it gets one of the first pictures that are there. */
  grown(row: VideoRow): void {
    if (this.#tried.has(row.id) || row.poster !== null) return;
    const packaged = this.#options.arriving(row.id);
    const arrived = packaged?.arrived?.();
    if (!packaged || !arrived || packaged.presentation.tracks[0]?.segmentsWithin(arrived) === 0) return;
    this.#tried.add(row.id);
    this.#early = this.#early
      .then(() => this.#makeEarly(row.id, packaged, arrived))
      .catch((err: unknown) => {
        this.#options.log.info({ err, videoId: row.id }, 'no poster of the first bytes could be made');
      });
  }

  /** As base64 for a card; null when there is none, or a huge one. */
  async base64(id: string): Promise<string | null> {
    const { storage } = this.#options;
    const stat = await storage.stat(posterOf(id));
    if (!stat || stat.size > MAX_CARD_BYTES) return null;
    const bytes = Buffer.alloc(stat.size);
    await storage.read(posterOf(id), 0, bytes);
    return bytes.toString('base64');
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#early;
    await this.#keeping;
  }

  async #makeEarly(id: string, packaged: Packaged, arrived: number): Promise<void> {
    const row = await this.#options.library.find(id);
    if (row?.poster !== null) return; // deleted, or the browser was quicker
    const pictures = packaged.keyPictures({ count: EARLY_COUNT, arrived });
    const jpeg = pictures && (await this.#draw(packaged, pictures, this.#stop.signal));
    if (jpeg) await this.#keep(id, jpeg, 'early');
  }

  async #draw(
    packaged: Packaged,
    pictures: NonNullable<ReturnType<Packaged['keyPictures']>>,
    signal: AbortSignal | undefined,
  ): Promise<Buffer | undefined> {
    const { source, picture } = packaged;
    if (!picture) return undefined;
    const layout = { ...fitWithin(picture, BOX), columns: 1, rows: 1 };
    const request = { pictures, source, toneMap: picture.toneMap, layout, ...(signal && { signal }) };
    return chooseTelling((await this.#options.sheets.draw(request)).sheets);
  }

  /** Keeps a poster, unless a better one stands there meanwhile: one after another, so that this stays true. */
  #keep(id: string, jpeg: Buffer, from: PosterMaker): Promise<void> {
    const kept = this.#keeping.then(async () => {
      const { storage, spool, library } = this.#options;
      const row = await library.find(id);
      if (!row || (row.poster && RANK[row.poster] > RANK[from])) return;
      await storage.put(posterOf(id), spool.save(jpeg));
      if (!(await library.posted(id, from, row.poster_version + 1))) await storage.remove(posterOf(id));
    });
    this.#keeping = kept.catch(() => undefined);
    return kept;
  }
}

/** The first bytes of every JPEG (ISO/IEC 10918-1 §B.1: SOI, and the marker after it). */
function isJpeg(bytes: Buffer): boolean {
  return bytes.length > 100 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}
