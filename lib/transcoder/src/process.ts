import { spawn } from 'node:child_process';
import { type Ending, failureOf, TaskFailure, unavailable } from './failure.ts';
import { environment } from './sandbox.ts';

export interface ProcessOptions {
  readonly argv: readonly string[];
  /** Seconds that it may run. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** Lines of its standard output as they come. */
  readonly onLine?: (line: string) => void;
}

export interface Output {
  /** Of its standard output, unless `onLine` takes it. */
  readonly text: string;
  /** The last of its standard error. */
  readonly messages: string;
}

const MAX_TEXT = 2_000_000;
const MAX_MESSAGES = 16_384;
const TICK_MS = 250;

/**
 * One process and its group: begun at once, ended when it is over time or its caller goes. While it is suspended
 * its time stands still.
 */
export class GroupProcess {
  /** Rejects with a `TaskFailure`, or with the reason of the signal. */
  readonly done: Promise<Output>;
  readonly #child;
  readonly #options: ProcessOptions;
  #suspended = false;
  #late = false;
  #ranMs = 0;
  #over = false;

  constructor(options: ProcessOptions) {
    this.#options = options;
    const [file = '', ...args] = options.argv;
    this.#child = spawn(file, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.done = this.#watch();
  }

  suspend(): void {
    this.#suspended = true;
    this.#send('SIGSTOP');
  }

  resume(): void {
    this.#suspended = false;
    this.#send('SIGCONT');
  }

  async #watch(): Promise<Output> {
    const { signal, seconds } = this.#options;
    const kill = () => this.#send('SIGKILL');
    const clock = setInterval(() => {
      if (!this.#suspended) this.#ranMs += TICK_MS;
      this.#late = this.#ranMs > seconds * 1000;
      if (this.#late) kill();
    }, TICK_MS);
    signal.addEventListener('abort', kill, { once: true });
    try {
      if (signal.aborted) kill();
      return await this.#output();
    } finally {
      this.#over = true;
      clearInterval(clock);
      signal.removeEventListener('abort', kill);
    }
  }

  async #output(): Promise<Output> {
    const { signal, onLine } = this.#options;
    const lines = onLine && splitLines(onLine);
    let text = '';
    let messages = '';
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (lines) lines(chunk);
      else if (text.length < MAX_TEXT) text += chunk;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      messages = (messages + chunk).slice(-MAX_MESSAGES);
    });
    const ending = await new Promise<Ending>((resolve, reject) => {
      this.#child.once('error', (cause) => reject(unavailable({ cause })));
      this.#child.once('close', (code, by) => resolve({ code, signal: by, messages }));
    });
    signal.throwIfAborted();
    if (this.#late) throw new TaskFailure('timeout', 'This took more time than it may.');
    if (ending.code !== 0) throw failureOf(ending);
    return { text, messages };
  }

  /** To the whole group; it has ended when there is none. */
  #send(signal: NodeJS.Signals): void {
    if (this.#over || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // its end is being told already
    }
  }
}

function splitLines(onLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(-4096);
    for (const line of lines) onLine(line);
  };
}
