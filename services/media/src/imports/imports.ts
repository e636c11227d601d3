import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import type { ImportRow, MediaDatabase, VideoRow } from '../database.ts';
import type { ControlLine } from '../host/control-line.ts';
import type { Library } from '../library/library.ts';
import { announce } from '../uploads/tus.ts';
import type { Uploads } from '../uploads/uploads.ts';
import { type ImportedFile, openImported } from './imported-file.ts';

export interface ImportsOptions {
  readonly db: MediaDatabase;
  readonly library: Library;
  readonly uploads: Uploads;
  readonly control: ControlLine;
  readonly log: Logger;
}

/** Pauses between tries that bring nothing; after the last one it is given up. */
const PAUSES_MS = [1000, 5000, 30_000, 120_000, 600_000];
/** What trying again cannot help. */
const FINAL: ReadonlySet<string> = new Set([
  'import_refused',
  'import_address',
  'import_private',
  'import_no_video',
  'quota_exceeded',
  'body_too_large',
  'invalid_fields',
]);

/**
 * Files that are fetched from other servers: each is an upload whose bytes come from the host instead of a client,
 * so it plays while it arrives, counts and expires like one, and is ended by deleting it.
 */
export class Imports {
  readonly #options: ImportsOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();

  constructor(options: ImportsOptions) {
    this.#options = options;
  }

  /**
   * Begins to fetch a file. Resolves when the other side has begun to send one. Rejects with an `import_…` problem,
   * `quota_exceeded`, `no_space` or `rate_limited`; then nothing is left of it.
   */
  async begin(url: string, title?: string): Promise<VideoRow> {
    const { uploads, db } = this.#options;
    const file = await this.#open({ url, from: 0, validator: null });
    try {
      const row = await uploads.create(
        announce({ name: file.name, type: file.type, size: file.size, title }),
      );
      const order: ImportRow = { video_id: row.id, url, validator: file.validator };
      await db.insertInto('imports').values(order).execute();
      this.#start(order, file);
      return row;
    } catch (error) {
      file.body.destroy();
      throw error;
    }
  }

  /** Goes on with what an earlier process had begun. */
  async resume(): Promise<void> {
    for (const order of await this.#options.db.selectFrom('imports').selectAll().execute())
      this.#start(order);
  }

  /** Something is being fetched, or is about to be tried again. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running.values());
  }

  #start(order: ImportRow, file?: ImportedFile): void {
    const id = order.video_id;
    const run = this.#run(order, file)
      .catch((err: unknown) =>
        this.#options.log.error({ err, videoId: id }, 'an import could not be finished'),
      )
      .finally(() => this.#running.delete(id));
    this.#running.set(id, run);
  }

  async #run(order: ImportRow, first?: ImportedFile): Promise<void> {
    const { signal } = this.#stop;
    let file = first;
    for (let fruitless = 0; !signal.aborted; ) {
      const from = await this.#arrived(order.video_id);
      if (from === undefined) break; // complete, or deleted
      try {
        file ??= await this.#open({ url: order.url, from, validator: order.validator });
        if (await this.#receive(order, file)) break;
      } catch (error) {
        file?.body.destroy();
        if (signal.aborted) return;
        const problem = Problem.from(error);
        if (FINAL.has(problem.code)) return this.#giveUp(order, problem);
        if (fruitless === PAUSES_MS.length) return this.#giveUp(order, problem);
        this.#options.log.info({ videoId: order.video_id, code: problem.code }, 'an import pauses');
      }
      file = undefined;
      fruitless = ((await this.#arrived(order.video_id)) ?? 0) > from ? 0 : fruitless + 1;
      await sleep(PAUSES_MS[Math.max(0, fruitless - 1)], undefined, { signal }).catch(() => undefined);
    }
    if (!signal.aborted) await this.#forget(order);
  }

  /** True when the whole file is there. */
  async #receive(order: ImportRow, file: ImportedFile): Promise<boolean> {
    const { library, uploads } = this.#options;
    const id = order.video_id;
    const row = await library.require(id);
    if (!row.deferred && file.size !== null && file.size !== row.size_bytes) {
      throw new Problem('import_refused', { detail: 'The file has become another one meanwhile.' });
    }
    const arrived = (await this.#arrived(id)) ?? 0;
    if (file.offset === 0 && arrived > 0) await uploads.rewind(id);
    const bytes = file.size === null ? undefined : file.size - file.offset;
    const piece = { offset: file.offset, bytes, checksum: undefined };
    const reached = await uploads.append(id, piece, file.body, () => undefined);
    if (!reached) return false;
    if (reached.row.deferred) await uploads.conclude(id);
    else if (reached.offset < reached.length)
      throw new Problem('import_failed', { detail: 'It ended early.' });
    return true;
  }

  /** Undefined when nothing more is to come. */
  async #arrived(id: string): Promise<number | undefined> {
    const { library, uploads } = this.#options;
    const row = await library.find(id);
    return row?.upload === 'receiving' ? uploads.arrived(id) : undefined;
  }

  async #open(order: { url: string; from: number; validator: string | null }): Promise<ImportedFile> {
    const { control, library } = this.#options;
    const limit = order.from > 0 ? Number.MAX_SAFE_INTEGER : await library.room();
    return openImported(control, { ...order, limit }, this.#stop.signal);
  }

  async #giveUp(order: ImportRow, { code, detail }: Problem): Promise<void> {
    await this.#options.library.stuck(order.video_id, code, detail);
    await this.#forget(order);
  }

  async #forget({ video_id }: ImportRow): Promise<void> {
    await this.#options.db.deleteFrom('imports').where('video_id', '=', video_id).execute();
  }
}
