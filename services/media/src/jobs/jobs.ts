import { type JobKindName, Problem, type VideoJob } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import type { VideoRow } from '../database.ts';
import { Job } from './job.ts';
import type { JobKind, JobParams, JobSpec, JobWork } from './job-kind.ts';
import { MAX_ATTEMPTS, outcomeOf } from './job-outcome.ts';
import type { JobRow } from './job-row.ts';
import { type JobStore, readParams, writeParams } from './job-store.ts';

export interface JobsOptions {
  readonly store: JobStore;
  readonly kinds: readonly JobKind[];
  /** The video of a job, if it is still there. */
  readonly find: (video: string) => Promise<VideoRow | undefined>;
  /** Called when the jobs of a video look different. */
  readonly onChange: (video: string) => void;
  readonly log: Logger;
  /** How many run at once here; the host decides how many of their tasks do. */
  readonly lanes?: number;
}

const LANES = 2;
/** Progress is told and written when it has grown by so much. */
const TOLD_STEP = 0.005;
const WRITTEN_STEP = 0.02;
const LONGEST_TIMER_MS = 3_600_000;

/** Reasons for which a run is ended from outside; none is a failure. */
type Ending = 'canceled' | 'deleted' | 'closing';

class Ended extends Error {
  override readonly name = 'Ended';
  readonly ending: Ending;
  constructor(ending: Ending) {
    super(ending);
    this.ending = ending;
  }
}

class Paused extends Error {
  override readonly name = 'Paused';
}

/**
 * The resumable queue of background work. What is to be done stands in the database; what was running when the
 * process died is queued again at the next start. At most one job of a kind, video and parameters exists.
 */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #kinds: ReadonlyMap<JobKindName, JobKind>;
  /** All that are not done, by video. */
  readonly #videos = new Map<string, Job[]>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #started = false;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#kinds = new Map(options.kinds.map((kind) => [kind.name, kind]));
  }

  /** Takes up what an earlier process left. */
  async start(): Promise<void> {
    const { store } = this.#options;
    for (const row of await store.unfinished()) {
      if (!this.#kinds.has(row.kind)) continue; // a later version has made it
      // what only needs an ffmpeg may find one now
      const again = row.state === 'failed' && row.failure_code === 'transcoder_unavailable';
      if (row.state === 'running' && row.attempts >= MAX_ATTEMPTS) {
        const { code, detail } = outcomeOf(undefined, row.attempts);
        Object.assign(row, { state: 'failed', failure_code: code, failure_detail: detail });
        await store.update(row.id, row); // each run has ended with the process
      } else if (row.state === 'running' || again) {
        const attempts = again ? 0 : row.attempts;
        Object.assign(row, { state: 'queued', attempts, failure_code: null, failure_detail: null });
        await store.update(row.id, { state: 'queued', attempts, failure_code: null, failure_detail: null });
      }
      this.#keep(new Job(row));
    }
    this.#started = true;
    this.#pump();
  }

  /** Queues what is not there yet, in whatever state: what failed or was canceled stays so. */
  async add(video: string, specs: readonly JobSpec[]): Promise<void> {
    for (const { kind, params = {}, priority } of specs) {
      const row = await this.#options.store.add(video, {
        ...{ kind, params },
        priority: priority ?? this.#kind(kind).priority,
      });
      if (row) this.#keep(new Job(row));
    }
    this.#options.onChange(video);
    this.#pump();
  }

  /** What is not done of a video: queued, running, failed or canceled. */
  of(video: string): readonly VideoJob[] {
    return (this.#videos.get(video) ?? []).map((job) => job.describe());
  }

  /** All jobs of a video, those that are done too. */
  async all(video: string): Promise<VideoJob[]> {
    const rows = await this.#options.store.ofVideo(video);
    return rows.map((row) => (this.#find(video, row.id) ?? new Job(row)).describe());
  }

  /** Whether a job of this kind waits or runs; with `params`, that very one. */
  isPending(video: string, kind: JobKindName, params?: JobParams): boolean {
    const wanted = params && writeParams(params);
    return (this.#videos.get(video) ?? []).some(
      ({ row }) => row.kind === kind && isPending(row) && (wanted === undefined || row.params === wanted),
    );
  }

  /** Whether that very job has failed or was canceled. */
  hasEnded(video: string, kind: JobKindName, params: JobParams = {}): boolean {
    const wanted = writeParams(params);
    return (this.#videos.get(video) ?? []).some(
      ({ row }) => row.kind === kind && row.params === wanted && !isPending(row),
    );
  }

  /** Like `isPending`, but not where there is no ffmpeg to do it. */
  isComing(video: string, kind: JobKindName): boolean {
    return (this.#videos.get(video) ?? []).some(
      ({ row }) => row.kind === kind && isPending(row) && row.failure_code !== 'transcoder_unavailable',
    );
  }

  /** Somebody waits for it: it goes before everything else, and is tried at once if a pause was on. */
  async hurry(video: string, kind: JobKindName, params: JobParams = {}): Promise<void> {
    const wanted = writeParams(params);
    const job = (this.#videos.get(video) ?? []).find(
      ({ row }) => row.kind === kind && row.params === wanted && row.state === 'queued' && row.priority > 0,
    );
    if (!job) return;
    job.row.priority = 0;
    await this.#options.store.update(job.row.id, { priority: 0 });
    this.#pump();
  }

  /** Rejects with `not_found`, or `conflict` when it has neither failed nor been canceled. */
  async retry(video: string, id: string): Promise<VideoJob> {
    const job = await this.#require(video, id);
    await job.ended;
    if (job.row.state !== 'failed' && job.row.state !== 'canceled') throw new Problem('conflict');
    await this.#requeue(job, { attempts: 0 });
    this.#pump();
    return job.describe();
  }

  /** Resolves when nothing of it runs any more. Rejects with `not_found` or `conflict` when it has ended. */
  async cancel(video: string, id: string): Promise<VideoJob> {
    const job = await this.#require(video, id);
    if (!isPending(job.row)) throw new Problem('conflict');
    job.abort(new Ended('canceled'));
    await job.ended;
    if (isPending(job.row)) await this.#write(job, { state: 'canceled' });
    return job.describe();
  }

  /** Forgets those that `choose` names, none of which may run, so that they can be added anew. */
  async clear(video: string, choose: (row: JobRow) => boolean): Promise<void> {
    for (const row of (await this.#options.store.ofVideo(video)).filter(choose)) {
      const job = this.#find(video, row.id);
      if (job) this.#drop(job);
      await this.#options.store.remove(row.id);
    }
  }

  /** Ends and forgets all jobs of a video that is gone. */
  async forget(video: string): Promise<void> {
    const jobs = this.#videos.get(video) ?? [];
    this.#videos.delete(video);
    for (const job of jobs) job.abort(new Ended('deleted'));
    await Promise.all(jobs.map(({ ended }) => ended));
    await this.#options.store.removeOf(video);
  }

  /** Whether something runs now. */
  get isBusy(): boolean {
    return this.#running().length > 0;
  }

  /** When the next job is due; null when none waits. */
  get nextDueAt(): Date | null {
    const times = this.#queued().map(({ row }) => Date.parse(row.due_at));
    return times.length > 0 ? new Date(Math.min(...times)) : null;
  }

  /** What runs is ended and queued again for the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const running = this.#running();
    for (const job of running) job.abort(new Ended('closing'));
    await Promise.all(running.map(({ ended }) => ended));
  }

  /** Starts what is due while there is a lane, and looks again when the next one is. */
  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#closed || !this.#started) return;
    const now = Date.now();
    const due = this.#queued().filter(({ row }) => Date.parse(row.due_at) <= now);
    due.sort((a, b) => a.row.priority - b.row.priority || (a.row.id < b.row.id ? -1 : 1));
    const free = (this.#options.lanes ?? LANES) - this.#running().length;
    for (const job of due.slice(0, Math.max(0, free))) job.ended = this.#run(job, job.begin());
    const next = this.#queued().map(({ row }) => Date.parse(row.due_at) - now);
    const later = next.filter((ms) => ms > 0);
    if (later.length === 0) return;
    this.#timer = setTimeout(() => this.#pump(), Math.min(...later, LONGEST_TIMER_MS)).unref();
  }

  async #run(job: Job, signal: AbortSignal): Promise<void> {
    const { find, log } = this.#options;
    const { row } = job;
    const kind = this.#kind(row.kind);
    const before = row.attempts;
    try {
      await this.#write(job, { state: 'running', attempts: before + 1 });
      const video = await find(row.video);
      if (!video) throw new Ended('deleted');
      signal.throwIfAborted();
      await kind.run(this.#work(job, video, signal));
      await this.#write(job, { state: 'done', progress: 1, failure_code: null, failure_detail: null });
      log.info({ videoId: row.video, kind: row.kind, jobId: row.id }, 'a job is done');
      this.#drop(job);
    } catch (error) {
      const cause = signal.aborted ? signal.reason : error;
      await this.#settle(job, kind, cause, before).catch((err: unknown) => {
        log.error({ err, jobId: row.id }, 'the end of a job could not be written');
      });
    } finally {
      job.end();
      setImmediate(() => this.#pump());
    }
  }

  async #settle(job: Job, kind: JobKind, cause: unknown, attemptsBefore: number): Promise<void> {
    const { log, find } = this.#options;
    const { row } = job;
    if (cause instanceof Ended && cause.ending === 'deleted') {
      this.#drop(job);
      return this.#options.store.removeOf(row.video);
    }
    if (cause instanceof Ended && cause.ending === 'canceled') return this.#write(job, { state: 'canceled' });
    if (cause instanceof Ended || cause instanceof Paused) {
      return this.#write(job, { state: 'queued', attempts: attemptsBefore });
    }
    const { code, detail, retryMs } = outcomeOf(cause, row.attempts);
    const about = { videoId: row.video, kind: row.kind, jobId: row.id, code, attempts: row.attempts };
    const failure = { failure_code: code, failure_detail: detail };
    if (retryMs !== null && row.attempts < MAX_ATTEMPTS) {
      log.warn({ err: cause, ...about, retryMs }, 'a job failed and will be tried again');
      const due_at = new Date(Date.now() + retryMs).toISOString();
      return this.#write(job, { state: 'queued', due_at, ...failure });
    }
    log.warn({ err: cause, ...about }, 'a job failed');
    await this.#write(job, { state: 'failed', ...failure });
    const video = await find(row.video);
    if (video) await kind.gaveUp?.({ video, params: readParams(row.params) }, { code, detail });
  }

  #work(job: Job, video: VideoRow, signal: AbortSignal): JobWork {
    const isWanted = () => this.#isWanted(job);
    return {
      ...{ video, signal, params: readParams(job.row.params) },
      get isWanted() {
        return isWanted();
      },
      progress: (done) => this.#progress(job, done),
      pause() {
        throw new Paused();
      },
    };
  }

  /** Something that is due and more urgent has no lane. */
  #isWanted(job: Job): boolean {
    if (this.#running().length < (this.#options.lanes ?? LANES)) return false;
    const now = Date.now();
    return this.#queued().some(({ row }) => row.priority < job.row.priority && Date.parse(row.due_at) <= now);
  }

  #progress(job: Job, done: number): void {
    const { row } = job;
    const told = Math.min(1, Math.max(0, done));
    if (Math.abs(told - row.progress) < TOLD_STEP && told !== 1) return;
    row.progress = told;
    this.#options.onChange(row.video);
    if (Math.abs(told - job.written) < WRITTEN_STEP) return;
    job.written = told;
    void this.#options.store.update(row.id, { progress: told }).catch(() => undefined); // told again soon
  }

  async #requeue(job: Job, change: Partial<JobRow>): Promise<void> {
    const nothing = { failure_code: null, failure_detail: null, due_at: new Date().toISOString() };
    await this.#write(job, { state: 'queued', ...nothing, ...change });
  }

  async #write(job: Job, change: Partial<JobRow>): Promise<void> {
    Object.assign(job.row, change);
    if (change.progress !== undefined) job.written = change.progress;
    await this.#options.store.update(job.row.id, change);
    this.#options.onChange(job.row.video);
  }

  #keep(job: Job): void {
    const jobs = this.#videos.get(job.row.video) ?? [];
    this.#videos.set(job.row.video, [...jobs, job]);
  }

  #drop(job: Job): void {
    const jobs = (this.#videos.get(job.row.video) ?? []).filter((other) => other !== job);
    if (jobs.length > 0) this.#videos.set(job.row.video, jobs);
    else this.#videos.delete(job.row.video);
    this.#options.onChange(job.row.video);
  }

  async #require(video: string, id: string): Promise<Job> {
    const known = this.#find(video, id);
    if (known) return known;
    const done = (await this.#options.store.ofVideo(video)).find((row) => row.id === id);
    throw new Problem(done ? 'conflict' : 'not_found');
  }

  #find(video: string, id: string): Job | undefined {
    return (this.#videos.get(video) ?? []).find(({ row }) => row.id === id);
  }

  #queued(): Job[] {
    return [...this.#videos.values()].flat().filter((job) => job.row.state === 'queued' && !job.isRunning);
  }

  #running(): Job[] {
    return [...this.#videos.values()].flat().filter((job) => job.isRunning);
  }

  #kind(name: JobKindName): JobKind {
    const kind = this.#kinds.get(name);
    if (!kind) throw new TypeError(`no kind of job is called ${name}`);
    return kind;
  }
}

const isPending = ({ state }: JobRow) => state === 'queued' || state === 'running';
