import { createHash } from 'node:crypto';
import { closeSync, fdatasync, fstatSync, openSync, readSync } from 'node:fs';
import type { Logger } from '@ptsdly/kit';
import type { VideoRow } from '../database.ts';
import type { IndexAnswer } from '../indexing/index-worker.ts';
import type { Indexer } from '../indexing/indexer.ts';
import { SIGNATURE_BYTES } from '../indexing/signature.ts';
import type { Library } from '../library/library.ts';
import { indexOf, mediaOf, originalOf } from '../library/object-names.ts';
import { readIndex } from '../playback/presentations.ts';
import type { LocalStorage } from '../storage/storage.ts';
import type { Arrivals } from './arrivals.ts';
import type { Spool } from './spool.ts';

export interface IngestOptions {
  readonly library: Library;
  readonly storage: LocalStorage;
  readonly spool: Spool;
  readonly indexer: Indexer;
  readonly arrivals: Arrivals;
  /** Called when a video has become playable, with its index. */
  readonly onPlayable: (row: VideoRow, index: Uint8Array) => void;
  /**
   * Called with the first bytes of a file that could not be indexed, and why; true when something is going to be done
   * about it.
   */
  readonly onUnreadable: (id: string, start: Uint8Array, code: string) => Promise<boolean>;
  readonly log: Logger;
}

/**
 * What happens between the last byte of an upload and a video that plays. Each step can be repeated, so that a
 * process that is killed between two of them goes on at its next start:
 *
 * 1. spool has all bytes, row `receiving`     → move the spool into the storage
 * 2. original in the storage, row `receiving` → row `complete`, `processing`
 * 3. row `complete`, `processing`             → index, row playable or failed
 * 4. row without `sha256`                     → hash the original
 */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #indexing = new Map<string, Promise<void>>();
  readonly #background = new Set<Promise<void>>();

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /**
   * Takes an upload whose last byte has arrived. Resolves when the original is in its place and the row says
   * so; indexing has begun by then. Costs the same whatever the size.
   */
  async finish(row: VideoRow): Promise<void> {
    const { spool, storage, library, arrivals } = this.#options;
    await arrivals.complete(row);
    const file = spool.file(row.id);
    const { fd, moved } = await this.#open(row, file.path);
    const sha256 = file.hash.hex(row.size_bytes);
    try {
      if (!moved) await storage.put(originalOf(row.file_id), file.path);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    const completed = library.complete(row.id, sha256);
    if (this.#indexing.has(row.id)) closeSync(fd);
    else this.#index(row.id, Promise.resolve(fd), completed);
    await completed.catch(async (error: unknown) => {
      await this.indexed(row.id); // or the next try would take this index, which nobody will keep, for its own
      throw error;
    });
    this.#run(spool.remove(row.id)); // its last sync may take a while
    if (!sha256) this.#run(this.#hash(row));
  }

  /** The bytes of an upload. They have moved already when the row could not be written the last time (a full disk). */
  async #open(row: VideoRow, spooled: string): Promise<{ fd: number; moved: boolean }> {
    try {
      return { fd: openSync(spooled, 'r'), moved: false };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return { fd: await this.#openStored(row.id), moved: true };
    }
  }

  /** The descriptor outlives the hold: where the file goes, its bytes stay until the last descriptor is closed. */
  async #openStored(id: string): Promise<number> {
    const { storage, library } = this.#options;
    const row = await library.find(id);
    const file = row?.file_id ?? id;
    const { path, release } = await storage.hold(row?.media_size ? mediaOf(file) : originalOf(file));
    try {
      return openSync(path, 'r');
    } finally {
      release();
    }
  }

  /** Goes on with a video where a crash left it. Waits for the row, not for the index. */
  async resume(row: VideoRow): Promise<void> {
    const { spool, storage, library, arrivals } = this.#options;
    if (row.upload === 'receiving') {
      if (row.deferred) return; // nobody has told yet where it ends
      if (spool.length(row.id) === row.size_bytes) return this.finish(row);
      const original = await storage.stat(originalOf(row.file_id));
      if (original?.size !== row.size_bytes) {
        if (!(await arrivals.find(row))) arrivals.grown(row);
        return;
      }
      await library.complete(row.id, null);
    } else if (row.processing === 'queued') {
      return; // its file has been replaced, and what is left to do about that is done elsewhere
    } else if (row.processing === 'none') {
      if (!row.sha256) this.#run(this.#hash(row));
      return;
    }
    this.reindex(row.id);
    if (!row.sha256) this.#run(this.#hash(row));
  }

  /** Indexes an original that is in the storage. */
  reindex(id: string): void {
    if (!this.#indexing.has(id)) this.#index(id, this.#openStored(id), Promise.resolve());
  }

  /** Resolves when the index of a video is done, if it is being made. Never rejects. */
  async indexed(id: string): Promise<void> {
    await this.#indexing.get(id);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#indexing.values(), ...this.#background]);
  }

  /** Indexes from a descriptor, which it closes; the row changes after `completed`. */
  #index(id: string, opening: Promise<number>, completed: Promise<void>): void {
    const { indexer, arrivals, log } = this.#options;
    const work = async () => {
      let fd: number | undefined;
      try {
        fd = await opening;
        const known = arrivals.kept(id);
        const answer = await indexer.index({ fd, size: fstatSync(fd).size, id, ...(known && { known }) });
        await completed;
        await this.#settle(id, answer, startOf(fd));
        await synced(fd); // durable a moment later, playable already
      } catch (err) {
        log.error({ err, videoId: id }, 'indexing could not be finished');
      } finally {
        if (fd !== undefined) closeSync(fd);
        this.#indexing.delete(id);
      }
    };
    this.#indexing.set(id, work());
  }

  async #settle(id: string, answer: IndexAnswer, start: Uint8Array): Promise<void> {
    const { library, storage, spool, arrivals, onPlayable, onUnreadable, log } = this.#options;
    const file = (await library.find(id))?.file_id ?? id;
    const unread = answer.ok ? 'lacks' in answer && answer.lacks : answer.code;
    if (unread && (await onUnreadable(id, start, unread))) return arrivals.settled(id, null);
    if (!answer.ok) {
      log.info({ videoId: id, code: answer.code }, 'a file cannot be played');
      await library.failed(id, answer.code, answer.detail);
      await storage.remove(indexOf(file)); // a part of it may have been indexed
      return arrivals.settled(id, null);
    }
    const index = 'index' in answer ? answer.index : await readIndex(storage, file);
    if ('index' in answer) await storage.put(indexOf(file), spool.save(answer.index));
    const shape = 'index' in answer ? answer : await library.require(id);
    const row = await library.playable(id, answer.movie, shape);
    if (row) onPlayable(row, index);
    else await storage.remove(indexOf(file)); // deleted meanwhile
    arrivals.settled(id, answer.movie);
  }

  /** The hash of an original that nobody saw arrive whole. */
  async #hash(row: VideoRow): Promise<void> {
    const { storage, library } = this.#options;
    const hash = createHash('sha256');
    await storage.stream(
      originalOf(row.file_id),
      0,
      row.size_bytes,
      async (chunk) => void hash.update(chunk),
    );
    await library.hashed(row.file_id, hash.digest('hex'));
  }

  #run(work: Promise<void>): void {
    const { log } = this.#options;
    const watched = work
      .catch((err: unknown) => log.warn({ err }, 'work after an upload failed'))
      .finally(() => this.#background.delete(watched));
    this.#background.add(watched);
  }
}

/** The first bytes of a file, which tell its container. */
function startOf(fd: number): Uint8Array {
  const bytes = new Uint8Array(SIGNATURE_BYTES);
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
}

const synced = (fd: number) => new Promise((resolve) => fdatasync(fd, resolve));
