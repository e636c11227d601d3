import { Problem } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import { readSegment } from '@ptsdly/packager';
import type { VideoRow } from '../database.ts';
import type { Presentations } from '../playback/presentations.ts';
import type { Storage } from '../storage/storage.ts';
import type { Spool } from '../uploads/spool.ts';
import { grabFrame } from './frame.ts';
import type { Library } from './library.ts';
import { posterOf } from './object-names.ts';

export interface PostersOptions {
  readonly library: Library;
  readonly storage: Storage;
  readonly spool: Spool;
  readonly presentations: Presentations;
  /** The command. */
  readonly ffmpeg: string;
  readonly log: Logger;
}

/** A first segment larger than this is not worth a picture. */
const MAX_SEGMENT = 64 * 1024 * 1024;
/** A card takes no larger one. */
const MAX_CARD_BYTES = 400_000;

/** The poster of each video: the browser's when it sent one, otherwise a frame that ffmpeg finds. */
export class Posters {
  readonly #options: PostersOptions;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: PostersOptions) {
    this.#options = options;
  }

  /** Keeps a poster from the browser. Rejects with `not_found` or `invalid_fields`. */
  async take(id: string, jpeg: Buffer): Promise<void> {
    const row = await this.#options.library.require(id);
    if (!isJpeg(jpeg)) throw new Problem('invalid_fields', { detail: 'The poster is not a JPEG.' });
    await this.#keep(row, jpeg, 'browser');
  }

  /** Makes one in the background, one video at a time. */
  make(row: VideoRow): void {
    this.#queue = this.#queue
      .then(() => this.#make(row))
      .catch((err: unknown) => {
        this.#options.log.warn({ err, videoId: row.id }, 'no poster could be made');
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
    await this.#queue;
  }

  async #make(row: VideoRow): Promise<void> {
    const { presentations, library, ffmpeg } = this.#options;
    const { presentation, source } = await presentations.get(row);
    const track = presentation.tracks.find(({ kind }) => kind === 'video');
    if (!track) return;
    const plan = presentation.segment(track.id, 0);
    if (plan.size > MAX_SEGMENT) return;
    const jpeg = await grabFrame(ffmpeg, [
      presentation.initSegment(track.id),
      await readSegment(source, plan),
    ]);
    const now = await library.find(row.id);
    if (jpeg && now && now.poster !== 'browser') await this.#keep(now, jpeg, 'server');
  }

  async #keep(row: VideoRow, jpeg: Buffer, from: 'browser' | 'server'): Promise<void> {
    const { storage, spool, library } = this.#options;
    await storage.put(posterOf(row.id), spool.save(jpeg));
    await library.posted(row.id, from, row.poster_version + 1);
  }
}

/** The first bytes of every JPEG (ISO/IEC 10918-1 §B.1: SOI, and the marker after it). */
function isJpeg(bytes: Buffer): boolean {
  return bytes.length > 100 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}
