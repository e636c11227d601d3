import type { Readable } from 'node:stream';
import { Problem } from '@ptsdly/contract';
import type { VideoRow } from '../database.ts';
import type { Indexer } from '../indexing/indexer.ts';
import type { Announcement, Library } from '../library/library.ts';
import { type Turn, Turns } from '../turns.ts';
import type { Arrivals } from './arrivals.ts';
import type { Ingest } from './ingest.ts';
import { receiveBody } from './request-body.ts';
import type { Spool } from './spool.ts';
import { SpoolWriter } from './spool-writer.ts';

const DAY_MS = 86_400_000;
const EXPIRY_MS = 7 * DAY_MS;

export interface UploadsOptions {
  readonly library: Library;
  readonly spool: Spool;
  readonly ingest: Ingest;
  readonly indexer: Indexer;
  readonly arrivals: Arrivals;
  /** Takes away what there is of a video whose row is gone. */
  readonly onRemoved: (row: VideoRow) => Promise<void>;
}

/** Where an upload stands. */
export interface UploadState {
  readonly id: string;
  /** Bytes acknowledged: they are in the file and survive the end of this process. */
  readonly offset: number;
  readonly length: number;
  readonly row: VideoRow;
}

/** One `PATCH`: what it says of itself. */
export interface Piece {
  readonly offset: number;
  /** `Content-Length`, when it is told. */
  readonly bytes: number | undefined;
  /** SHA-256 of the body, when it is promised. */
  readonly checksum: Buffer | undefined;
  /** Length of the whole file, when it was deferred and is told now. */
  readonly length?: number | undefined;
}

/** Resumable uploads: the file is the truth, the row says what is to come. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #turns = new Turns();
  /** Bodies that are coming in. */
  readonly #open = new Set<AbortController>();
  #graceMs: number | undefined;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** Rejects with `quota_exceeded` or `no_space`, before any byte has come. */
  async create(announced: Announcement): Promise<VideoRow> {
    const { library, spool, indexer } = this.#options;
    if ((announced.size ?? 1) > spool.room() - (await this.#outstanding())) throw new Problem('no_space');
    const row = await library.create(announced);
    indexer.warm();
    return row;
  }

  /**
   * Where an upload stands; a `PATCH` that is under way is ended first, so that the answer stays true.
   * Rejects with `not_found`.
   */
  async state(id: string): Promise<UploadState> {
    await this.#options.library.require(id);
    const turn = await this.#turns.take(id);
    try {
      return await this.#state(id);
    } finally {
      turn.release();
    }
  }

  /**
   * Appends a body. Resolves to the new state, or to undefined when the client is gone; what it sent is kept.
   * After the last byte the original is in its place. Rejects with `upload_conflict`, `body_too_large`,
   * `checksum_mismatch` (nothing of this body is kept then) or `no_space`.
   */
  async append(
    id: string,
    piece: Piece,
    request: Readable,
    accept: () => void,
  ): Promise<UploadState | undefined> {
    const { spool } = this.#options;
    const turn = await this.#turns.take(id);
    try {
      if (piece.length !== undefined) await this.#setLength(id, piece.length);
      const state = await this.#state(id);
      requireFit(state, piece);
      if (state.row.upload === 'complete') return state;
      const limit = await this.#limit(state, piece);
      accept();
      const { deferred } = state.row;
      const whole = await this.#receive(state, { ...piece, limit }, request, turn).finally(() =>
        deferred ? this.#count(id) : undefined,
      );
      // nobody changes an upload's length while it is our turn, but ourselves
      const reached = deferred ? await this.#state(id) : { ...state, offset: spool.length(id) };
      if (isWhole(reached)) await this.#options.ingest.finish(reached.row);
      return whole ? reached : undefined;
    } finally {
      turn.release();
    }
  }

  /**
   * This server is about to go: bodies that end within `graceMs` are answered, longer ones are cut there, and everybody
   * else's requests wait no longer for them. What has come of those is kept, and their senders go on at the next one.
   */
  leave(graceMs: number): void {
    this.#graceMs = graceMs;
    for (const body of this.#open) cutAfter(body, graceMs);
  }

  /** What has come of an upload that never told its length is all of it. Rejects with `invalid_fields`. */
  async conclude(id: string): Promise<void> {
    await this.exclusively(id, async () => {
      await this.#setLength(id, this.#options.spool.length(id));
      const state = await this.#state(id);
      if (state.row.upload === 'receiving') await this.#options.ingest.finish(state.row);
    });
  }

  /** Bytes that have come, without asking who brings them to leave. */
  arrived(id: string): number {
    return this.#options.spool.length(id);
  }

  /** Forgets what has come of an upload, to begin anew. */
  async rewind(id: string): Promise<void> {
    await this.exclusively(id, async () => {
      const { row } = await this.#state(id);
      if (row.upload === 'receiving') this.#options.spool.file(id).truncate(0);
    });
  }

  /** Ends an upload and forgets its bytes. Rejects with `conflict` when it is complete. */
  async terminate(id: string): Promise<void> {
    await this.#options.library.require(id);
    const turn = await this.#turns.take(id);
    try {
      const { row } = await this.#state(id);
      if (row.upload === 'complete') {
        throw new Problem('conflict', { detail: 'The upload is complete. Delete the video instead.' });
      }
      await this.#options.library.remove(id);
      await this.#options.onRemoved(row);
    } finally {
      turn.release();
    }
  }

  /** Runs work while nothing is written to an upload. */
  async exclusively(id: string, work: () => Promise<void>): Promise<void> {
    const turn = await this.#turns.take(id);
    try {
      await work();
    } finally {
      turn.release();
    }
  }

  /** When an upload is given up: a week after its last byte. */
  async expiresAt(row: VideoRow): Promise<Date> {
    const touched = (await this.#options.spool.touchedAt(row.id)) ?? new Date(row.created_at);
    return expiryFrom(touched.getTime());
  }

  /** Removes the uploads that have been given up. */
  async sweep(): Promise<void> {
    for (const row of await this.#options.library.receiving()) {
      if ((await this.expiresAt(row)).getTime() > Date.now()) continue;
      await this.terminate(row.id).catch(() => undefined); // finished or deleted meanwhile
    }
  }

  /** A length that was deferred; telling it again is no fault (tus, creation-defer-length). */
  async #setLength(id: string, length: number): Promise<void> {
    const { library, spool } = this.#options;
    const row = await library.require(id);
    if (!row.deferred && row.size_bytes === length) return;
    const arrived = spool.length(id);
    if (!row.deferred || length === 0 || length < arrived) {
      throw new Problem('invalid_fields', {
        detail: 'Upload-Length does not fit what has been told or has come.',
      });
    }
    if (length - arrived > spool.room() - (await this.#outstanding())) throw new Problem('no_space');
    await library.reserve(id, length, true);
  }

  /** Bytes that a body may bring. Rejects with `quota_exceeded` or `no_space` when it says that it brings more. */
  async #limit({ offset, length, row }: UploadState, { bytes = 0 }: Piece): Promise<number> {
    if (!row.deferred) return length - offset;
    const { library, spool } = this.#options;
    const [quota, disk] = [await library.room(), spool.room() - (await this.#outstanding())];
    if (bytes > quota) throw new Problem('quota_exceeded');
    if (bytes > disk) throw new Problem('no_space');
    return Math.min(quota, disk);
  }

  /** What has come of an upload without a length is what it takes of the quota. */
  async #count(id: string): Promise<void> {
    const { library, spool } = this.#options;
    const row = await library.find(id);
    if (row?.deferred) await library.reserve(id, spool.length(id), false);
  }

  async #state(id: string): Promise<UploadState> {
    const { library } = this.#options;
    const row = await library.require(id);
    // once it has replaced another, what it brought is told of the video that it was for
    const length = row.kept_until === null ? row.size_bytes : ((await library.sizeOf(id)) ?? row.size_bytes);
    const offset = row.upload === 'complete' ? length : this.#options.spool.length(id);
    return { id, offset, length, row };
  }

  /** True when the body came whole. */
  async #receive(
    state: UploadState,
    piece: Piece & { readonly limit: number },
    request: Readable,
    turn: Turn,
  ): Promise<boolean> {
    const { spool } = this.#options;
    const file = spool.file(state.id);
    if (file.hash.position < state.offset) {
      file.hash.catchUp(file.path, state.offset).catch(() => file.hash.reset());
    }
    const mark = piece.checksum && file.hash.mark();
    const leave = new AbortController();
    turn.onWanted(() => leave.abort());
    file.open();
    // what may be refused as a whole is not shown before it is whole
    const mayGo = piece.checksum !== undefined || piece.bytes === undefined;
    file.hold(mayGo ? state.offset : undefined);
    const writer = new SpoolWriter(file, state.offset, () => this.#grown(state.row));
    this.#open.add(leave);
    if (this.#graceMs !== undefined) cutAfter(leave, this.#graceMs);
    const body = await receiveBody(request, writer, {
      limit: piece.limit,
      checksum: piece.checksum !== undefined,
      signal: leave.signal,
    }).finally(() => this.#open.delete(leave));
    const refuse = (code: 'checksum_mismatch' | 'body_too_large') => {
      if (mark && mark.position === state.offset) file.hash.restore(mark);
      file.truncate(state.offset);
      throw new Problem(code);
    };
    if (body.end === 'overflow') refuse('body_too_large');
    if (body.end === 'cut') {
      this.#settle(state.row);
      return false;
    }
    if (piece.checksum && !body.sha256?.equals(piece.checksum)) refuse('checksum_mismatch');
    this.#settle(state.row);
    return true;
  }

  /** What a body has left in the file stays there. */
  #settle(row: VideoRow): void {
    this.#options.spool.file(row.id).hold(undefined);
    this.#grown(row);
  }

  /** A file of unknown length cannot be indexed yet. */
  #grown(row: VideoRow): void {
    if (!row.deferred) this.#options.arrivals.grown(row);
  }

  /** Bytes that uploads under way have announced and not sent. */
  async #outstanding(): Promise<number> {
    const rows = await this.#options.library.receiving();
    const known = rows.filter(({ deferred }) => !deferred);
    return known.reduce((sum, row) => sum + row.size_bytes - this.#options.spool.length(row.id), 0);
  }
}

/** When an upload is given up whose last byte came at this moment, in Unix milliseconds. */
export const expiryFrom = (touchedAt: number): Date => new Date(touchedAt + EXPIRY_MS);

function requireFit({ offset, length, row }: UploadState, piece: Piece): void {
  if (piece.offset !== offset) {
    throw new Problem('upload_conflict', { headers: { 'upload-offset': String(offset) } });
  }
  if (row.upload === 'complete' && piece.bytes !== 0) throw new Problem('upload_conflict');
  if (row.deferred) return;
  if (piece.bytes !== undefined && offset + piece.bytes > length) throw new Problem('body_too_large');
}

const cutAfter = (body: AbortController, graceMs: number) =>
  void setTimeout(() => body.abort(), graceMs).unref();

const isWhole = ({ offset, length, row }: UploadState) => !row.deferred && offset === length;
