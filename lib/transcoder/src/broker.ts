import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { TranscodeLine, TranscodeTask } from '@ptsdly/contract';
import { boundsOf } from './bounds.ts';
import { type Command, commandOf, softwareEncoder, trialCommand } from './command.ts';
import { type Encoder, type EncoderName, encoders } from './encoder.ts';
import { TaskFailure, unavailable } from './failure.ts';
import { Lines } from './lines.ts';
import type { Log } from './log.ts';
import { readLoudness } from './loudness.ts';
import { GroupProcess, type Output } from './process.ts';
import { limited, openSandbox, type Room, type Sandbox } from './sandbox.ts';
import { type Lease, Slots } from './slots.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

export interface BrokerOptions {
  /** A folder for work in progress, the host's own, on the file system of the servers' folders. Emptied at start. */
  readonly scratch: string;
  /** The ffmpeg command; ffprobe is looked for beside it. */
  readonly ffmpeg?: string;
  /** Tasks at once; one less than there are processors where not given, at least 1. */
  readonly slots?: number | undefined;
  readonly encoder?: EncoderName;
  readonly log: Log;
}

export interface BrokerJob {
  /** Slots are shared between servers. */
  readonly serverId: string;
  /** The server's own folder, absolute; the task's paths are relative to it, its output below `work/`. */
  readonly folder: string;
  readonly task: TranscodeTask;
  /** Slots that this server may hold at once; as many as there are where not given. */
  readonly share?: number;
  /** Cancels: the process is ended, and the answer with it. */
  readonly signal: AbortSignal;
}

export interface Broker {
  /** The answer to a task, line by line; it ends with `done` or `failed`. Rejects with the signal's reason. */
  run(job: BrokerJob): AsyncIterable<TranscodeLine>;
  /** Tasks that hold a slot, and that wait for one. */
  readonly load: { readonly slots: number; readonly running: number; readonly waiting: number };
  /** Ends what runs. */
  close(): Promise<void>;
}

/** How much a task gives way to everything else on the machine (nice(1)). */
const NICENESS = { viewer: 10, background: 19 } as const;
const WORK = 'work';
const MAX_SHEETS = 1000;
const TRIAL: TranscodeTask = { kind: 'probe', priority: 'viewer', input: { path: 'none', demuxer: 'mov' } };

/**
 * Opens the transcoder of a machine. Meanwhile it looks whether ffmpeg, the sandbox and the chosen encoder work; tasks
 * wait for that. Where there is no ffmpeg every task is answered `unavailable`.
 */
export function openBroker(options: BrokerOptions): Broker {
  const slots = new Slots(options.slots ?? availableParallelism() - 1);
  return new LocalBroker(equip(options, slots.count), slots, options.log);
}

async function equip(options: BrokerOptions, slots: number): Promise<Equipment> {
  const { log, ffmpeg = 'ffmpeg' } = options;
  const scratch = resolve(options.scratch);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  for (const name of await readdir(scratch)) await rm(join(scratch, name), { recursive: true, force: true });
  const threads = Math.max(1, Math.ceil(availableParallelism() / slots));
  const wanted = encoders[options.encoder ?? 'libx264'];
  const programs = { ffmpeg, ffprobe: join(dirname(ffmpeg), basename(ffmpeg).replace('ffmpeg', 'ffprobe')) };
  const sandbox = await openSandbox(wanted.deviceFiles, Object.values(programs));
  const tools = { scratch, programs, threads, sandbox, log };
  if (sandbox.kind === 'limits') {
    log.warn({}, 'bubblewrap does not work on this machine: ffmpeg runs under limits only, not in a sandbox');
  }
  return { ...tools, encoder: await firstThatWorks(wanted, tools) };
}

interface Tools {
  readonly scratch: string;
  readonly programs: Readonly<Record<Command['program'], string>>;
  readonly threads: number;
  readonly sandbox: Sandbox;
  readonly log: Log;
}

interface Equipment extends Tools {
  readonly encoder: Encoder | null;
}

/** The wanted encoder, else the one in software; null where there is no ffmpeg that works. */
async function firstThatWorks(wanted: Encoder, tools: Tools): Promise<Encoder | null> {
  for (const encoder of new Set([wanted, softwareEncoder])) {
    try {
      await tryOut(encoder, tools);
      return encoder;
    } catch (thrown) {
      const { reason } = TaskFailure.from(thrown);
      tools.log.warn({ encoder: encoder.name, reason }, 'this video encoder does not work here');
    }
  }
  tools.log.warn({}, 'there is no ffmpeg that works: videos play as they are, and nothing is transcoded');
  return null;
}

async function tryOut(encoder: Encoder, tools: Tools): Promise<void> {
  const output = join(tools.scratch, randomUUID());
  await mkdir(output, { mode: 0o700 });
  try {
    const room = { input: '/dev/null', output };
    const command = (inside: Room) =>
      trialCommand({ input: inside.input, outputFolder: inside.output, threads: tools.threads, encoder });
    const bounds = boundsOf(TRIAL, 0, encoder.name !== 'libx264');
    const { signal } = new AbortController();
    await startProcess({ tools, room, command, bounds: { ...bounds, fileBytes: 1e7 }, niceness: 0, signal })
      .done;
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

interface Start {
  readonly tools: Tools;
  readonly room: Room;
  readonly command: (inside: Room) => Command;
  readonly bounds: ReturnType<typeof boundsOf>;
  readonly niceness: number;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
}

function startProcess({ tools, room, command, bounds, niceness, signal, onLine }: Start): GroupProcess {
  const { sandbox, programs, threads } = tools;
  const { program, args } = command(sandbox.wrap('', room).inside);
  const { argv } = sandbox.wrap(programs[program], room);
  const lines = program === 'ffmpeg' && onLine ? { onLine } : {};
  const all = limited([...argv, ...args], niceness, bounds, threads);
  return new GroupProcess({ argv: all, seconds: bounds.seconds, signal, ...lines });
}

class LocalBroker implements Broker {
  readonly #equipment: Promise<Equipment>;
  readonly #slots: Slots;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #jobs = new Set<Promise<void>>();

  constructor(equipment: Promise<Equipment>, slots: Slots, log: Log) {
    this.#equipment = equipment;
    this.#slots = slots;
    this.#log = log;
    equipment.catch((err: unknown) => log.warn({ err }, 'the transcoder could not be opened'));
  }

  get load() {
    return { slots: this.#slots.count, running: this.#slots.running, waiting: this.#slots.waiting };
  }

  async *run(job: BrokerJob): AsyncGenerator<TranscodeLine> {
    const left = new AbortController();
    const signal = AbortSignal.any([job.signal, this.#stop.signal, left.signal]);
    const lines = new Lines();
    const work = this.#work({ ...job, signal }, lines);
    this.#jobs.add(work);
    void work.finally(() => this.#jobs.delete(work));
    try {
      yield* lines;
      job.signal.throwIfAborted();
    } finally {
      left.abort(); // a reader who goes before the end cancels
      await work;
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#equipment.catch(() => undefined);
    await Promise.all(this.#jobs);
  }

  /** Never rejects: whatever happens becomes the last line. */
  async #work(job: BrokerJob, lines: Lines): Promise<void> {
    const begun = performance.now();
    const { serverId, task } = job;
    try {
      const result = await this.#leased(job, lines);
      lines.tell({ state: 'done', result });
      const seconds = (performance.now() - begun) / 1000;
      this.#log.info({ serverId, task: task.kind, seconds }, 'transcoded');
    } catch (thrown) {
      const failure = this.#stop.signal.aborted ? closing(thrown) : TaskFailure.from(thrown);
      lines.tell({ state: 'failed', reason: failure.reason, detail: failure.message });
      if (job.signal.aborted) return;
      this.#log.info(
        { serverId, task: task.kind, reason: failure.reason, err: failure.cause },
        'not transcoded',
      );
    }
  }

  async #leased(job: BrokerJob, lines: Lines): Promise<Record<string, unknown> | null> {
    const { serverId, task, share, signal } = job;
    const equipment = await this.#equipment;
    const { encoder, scratch } = equipment;
    if (!encoder) throw unavailable();
    const tools = { ...equipment, encoder };
    let process: GroupProcess | undefined;
    let suspended = false;
    const applicant = {
      ...{ serverId, signal, share, priority: task.priority },
      suspend: () => {
        suspended = true;
        process?.suspend();
      },
      resume: () => {
        suspended = false;
        process?.resume();
      },
    };
    const leasing = this.#slots.lease(applicant);
    if (!leasing) throw new TaskFailure('refused', 'This server has too many tasks in line.');
    const lease: Lease = await leasing;
    try {
      lines.tell({ state: 'running', seconds: null });
      await using place = await openWorkplace(placeOf(job, scratch));
      signal.throwIfAborted();
      process = startJob(job, tools, place, lines);
      if (suspended) process.suspend(); // before it had begun
      const output = await process.done;
      return await settle(task, place, output);
    } finally {
      lease.release();
    }
  }
}

function placeOf({ folder, task }: BrokerJob, scratch: string) {
  const outputFolder = 'output' in task ? dirname(task.output) : null;
  if (outputFolder !== null && outputFolder.split('/')[0] !== WORK) {
    throw new TaskFailure('refused', 'Results go below the work folder.');
  }
  return { scratch: join(scratch, randomUUID()), folder, input: task.input.path, outputFolder };
}

function startJob(
  { task, signal }: BrokerJob,
  tools: Tools & { readonly encoder: Encoder },
  place: Workplace,
  lines: Lines,
): GroupProcess {
  const { threads, encoder } = tools;
  return startProcess({
    tools,
    room: place,
    command: (inside) =>
      commandOf(task, { input: inside.input, outputFolder: inside.output, threads, encoder }),
    bounds: boundsOf(task, place.inputBytes, encoder !== softwareEncoder),
    niceness: NICENESS[task.priority],
    signal,
    onLine: (line) => {
      const seconds = progressOf(line);
      if (seconds !== undefined) lines.tell({ state: 'running', seconds });
    },
  });
}

/** Not `unavailable`: that says that there is no ffmpeg, and there may be one again in a second. */
const closing = (cause: unknown) => new TaskFailure('failed', 'The transcoder is closing.', { cause });

/** Microseconds of output, as `-progress` says them. */
function progressOf(line: string): number | undefined {
  const micros = /^out_time_us=(\d+)$/.exec(line)?.[1];
  return micros === undefined ? undefined : Number(micros) / 1e6;
}

/** Takes in what a task that ended well has made. */
async function settle(
  task: TranscodeTask,
  place: Workplace,
  output: Output,
): Promise<Record<string, unknown> | null> {
  if (task.kind === 'probe') return readProbe(output.text);
  if (task.kind === 'loudness') {
    const loudness = readLoudness(output.messages);
    if (!loudness) throw new TaskFailure('input', 'There is no sound to measure.');
    return loudness;
  }
  const name = basename(task.output);
  const made = await readdir(place.output);
  if (made.length === 0) throw new TaskFailure('input', 'There is nothing here that could be decoded.');
  if (task.kind !== 'pictures') await place.publish(made[0] as string, name);
  else {
    if (made.length > MAX_SHEETS) throw new TaskFailure('failed', 'The result grew larger than it may.');
    for (let n = 1; n <= made.length; n++) await place.publish(`sheet-${n}.jpg`, `${name}-${n}.jpg`);
  }
  return null;
}

function readProbe(text: string): Record<string, unknown> {
  try {
    const { streams = [], format = {} } = JSON.parse(text) as Record<string, Record<string, unknown>>;
    const { filename: _, ...rest } = format;
    return { streams, format: rest };
  } catch (cause) {
    throw new TaskFailure('input', 'This file cannot be read.', { cause });
  }
}
