import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@ptsdly/kit';
import { HostError } from '../host.ts';
import type { MediaProcess, spawnMedia } from './media-process.ts';

const POLL_MS = 10;
const SETTLE_MS = 50;
const START_MS = 15_000;
const STOP_MS = 5000;
/** For one that has not answered yet, and may not even hear SIGTERM: pid 1 of a namespace hears only what it handles. */
const STOP_STARTING_MS = 250;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** A server that was ready this long has recovered: its next crash counts as the first. */
const STEADY_MS = 30_000;
const FAILURES_SHOWN = 5;

export interface SupervisorOptions {
  readonly spawn: () => ReturnType<typeof spawnMedia>;
  /** True when the process that was spawned last answers. */
  readonly healthy: () => Promise<boolean>;
  readonly changed: () => void;
  readonly log: Logger;
  /** Milliseconds that a process may take to answer; 15 s where not given. */
  readonly startMs?: number;
}

/** Keeps one media server running: starts it, waits until it answers, starts it again with pauses when it ends. */
export class Supervisor {
  #state: 'starting' | 'ready' | 'failed' = 'starting';
  #detail: string | null = null;
  readonly #options: SupervisorOptions;
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;
  #running: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#stopped = new Promise((resolve) => {
      this.#stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  get state() {
    return this.#state;
  }

  /** Why it is `failed`, in words. */
  get detail(): string | null {
    return this.#detail;
  }

  /** Resolves when the process is there (not yet ready). Rejects with a `HostError`, and is then over. */
  async start(): Promise<void> {
    const first = await this.#options.spawn();
    this.#running = this.#supervise(first);
  }

  /** Goes on with a process that runs and answers already. */
  adopt(media: MediaProcess): void {
    this.#state = 'ready';
    this.#running = this.#supervise(media);
  }

  /** Resolves when it is ready, has failed, or is stopped. */
  async settled(): Promise<void> {
    while (this.#state === 'starting' && !this.#stop.signal.aborted) await sleep(SETTLE_MS);
  }

  /** Resolves when the process has ended; at most the 5 s of grace later. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #supervise(first: MediaProcess): Promise<void> {
    const { log } = this.#options;
    let media: MediaProcess | undefined = first;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const life = media ? await this.#live(media) : { readyMs: 0, reason: 'it could not be started' };
      if (this.#stop.signal.aborted) return;
      failures = life.readyMs >= STEADY_MS ? 1 : failures + 1;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
      log.warn({ reason: life.reason, failures, pauseMs: pause }, 'a media server ended; starting it again');
      if (failures < FAILURES_SHOWN) this.#set('starting', null);
      else this.#set('failed', `The media server does not start: ${life.reason}. We keep trying.`);
      await sleep(pause, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      media = await this.#options.spawn().catch((error: unknown) => {
        log.error({ err: HostError.from(error) }, 'a media server could not be started');
        return undefined;
      });
    }
    await media?.end(STOP_MS);
  }

  /** Sees one process through, to its end. */
  async #live(media: MediaProcess): Promise<{ readyMs: number; reason: string }> {
    if (!(await this.#becomesHealthy(media))) {
      const reason = await Promise.race([media.exited, Promise.resolve('it did not answer in time')]);
      await media.end(this.#stop.signal.aborted ? STOP_STARTING_MS : 0);
      return { readyMs: 0, reason };
    }
    const readyAt = performance.now();
    this.#set('ready', null);
    await Promise.race([media.exited, this.#stopped]);
    await media.end(STOP_MS);
    return { readyMs: performance.now() - readyAt, reason: await media.exited };
  }

  async #becomesHealthy(media: MediaProcess): Promise<boolean> {
    let ended = false;
    const over = Promise.race([media.exited, this.#stopped]).then(() => {
      ended = true;
    });
    const deadline = performance.now() + (this.#options.startMs ?? START_MS);
    while (!ended && performance.now() < deadline) {
      if (await Promise.race([this.#options.healthy(), over])) return !ended;
      await Promise.race([sleep(POLL_MS), over]);
    }
    return false;
  }

  #set(state: 'starting' | 'ready' | 'failed', detail: string | null): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#detail = detail;
    this.#options.changed();
  }
}
