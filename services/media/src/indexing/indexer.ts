import { Worker } from 'node:worker_threads';
import type { Logger } from '@ptsdly/kit';
import type { IndexAnswer, IndexRequest } from './index-worker.ts';

/** Tells the thread what it is, whichever file it was started from. */
export const INDEX_WORKER = 'ptsdly-index-worker';

/** What one file may cost. */
export interface IndexerLimits {
  /** Milliseconds, to which the time to read the whole file at `SCAN_RATE` is added. */
  readonly limitMs: number;
  readonly heapMb: number;
}

const LIMITS: IndexerLimits = { limitMs: 30_000, heapMb: 256 };
/** Bytes a millisecond at least, for containers without an index of their own, which are read as a whole. */
const SCAN_RATE = 50_000;
/** The thread is kept this long for the next file. */
const IDLE_MS = 60_000;

/**
 * Indexes files in a thread of its own, one after another, with limits of time and memory. To start the thread
 * takes longer than to index most files, so `warm` starts it when an upload begins.
 */
export class Indexer {
  readonly #url: URL;
  readonly #log: Logger;
  readonly #limits: IndexerLimits;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /** `url` is the module that serves requests when started as `INDEX_WORKER`. */
  constructor(url: URL, log: Logger, limits: IndexerLimits = LIMITS) {
    this.#url = url;
    this.#log = log;
    this.#limits = limits;
  }

  /** Starts the thread, if there is none. */
  warm(): void {
    this.#start();
    this.#rest();
  }

  /** Never rejects for what a file holds. The descriptor stays open. */
  index(request: IndexRequest): Promise<IndexAnswer> {
    const answer = this.#queue.then(() => this.#run(request));
    this.#queue = answer.catch(() => undefined);
    return answer;
  }

  /** A file that was asked for by its id will not be asked for again. */
  forget(id: string): void {
    if (this.#worker) void this.index({ forget: id, size: 0 });
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#end();
  }

  async #run(request: IndexRequest): Promise<IndexAnswer> {
    clearTimeout(this.#idle);
    const worker = this.#start();
    try {
      return await ask(worker, request, this.#limits.limitMs + request.size / SCAN_RATE);
    } catch (err) {
      this.#log.warn({ err }, 'the index thread was ended');
      await this.#end();
      return {
        ok: false,
        code: 'limits_exceeded',
        detail: 'The file takes too much time or memory to read.',
      };
    } finally {
      this.#rest();
    }
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#url, {
      workerData: INDEX_WORKER,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.heapMb, maxYoungGenerationSizeMb: 32 },
    });
    worker.unref();
    worker.on('error', () => undefined); // told to whoever waits for an answer
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    this.#worker = worker;
    return worker;
  }

  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref();
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

/** Rejects when the thread dies or takes too long. */
function ask(worker: Worker, request: IndexRequest, limitMs: number): Promise<IndexAnswer> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => end(() => reject(new Error('indexing took too long'))), limitMs);
    const end = (settle: () => void) => {
      clearTimeout(late);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      settle();
    };
    const onMessage = (answer: IndexAnswer) => end(() => resolve(answer));
    const onError = (error: unknown) => end(() => reject(error));
    const onExit = () => end(() => reject(new Error('the index thread ended')));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(request, 'moov' in request ? [request.moov.buffer] : []);
  });
}
