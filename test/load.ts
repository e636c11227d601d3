import { setTimeout as sleep } from 'node:timers/promises';
import { Person } from './person.ts';

/** One request that is made over and over. */
export interface Call {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly expected: number;
}

export interface Load {
  /** Answered as expected so far. */
  readonly count: number;
  /** What went wrong, in words. */
  readonly failures: readonly string[];
  /** The longest that a call has taken, in milliseconds. */
  readonly longest: number;
  /** Resolves when that many more have been answered. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

const PAUSE_MS = 5;

/** Calls that cross every service: reads and writes, with a token and without. */
export async function callsOf(url: string): Promise<Call[]> {
  const person = new Person(url);
  await person.signUp();
  const headers = { cookie: person.cookie, origin: url, 'content-type': 'application/json' };
  return [
    { path: '/api/me', headers, expected: 200 },
    { path: '/api/me', method: 'PATCH', headers, body: '{"name":"Kim"}', expected: 200 },
    { path: '/api/plans', expected: 200 },
    { path: '/api/servers', headers, expected: 200 },
    { path: '/api/links', headers, expected: 200 },
    { path: '/111111111111', expected: 404 },
    { path: '/', expected: 200 },
    { path: '/api/links/111111111111/open', method: 'POST', headers, body: '{}', expected: 404 },
  ];
}

/** Constant load until it is stopped: each call in turn by `callers` at once, nobody asking twice. */
export function startLoad(origin: string, calls: readonly Call[], callers: number): Load {
  const failures: string[] = [];
  let count = 0;
  let longest = 0;
  let over = false;
  const run = async (first: number) => {
    for (let i = first; !over; i++) {
      const call = calls[i % calls.length] as Call;
      const started = performance.now();
      const said = await attempt(origin, call);
      longest = Math.max(longest, performance.now() - started);
      if (said === undefined) count++;
      else failures.push(`${call.method ?? 'GET'} ${call.path}: ${said}`);
      await sleep(PAUSE_MS);
    }
  };
  const running = Promise.all(Array.from({ length: callers }, (_, i) => run(i)));
  return {
    get count() {
      return count;
    },
    get longest() {
      return longest;
    },
    failures,
    async more(wanted) {
      const enough = count + wanted;
      for (const deadline = Date.now() + 60_000; count < enough && Date.now() < deadline; ) await sleep(20);
    },
    async stop() {
      over = true;
      await running;
    },
  };
}

async function attempt(origin: string, call: Call): Promise<string | undefined> {
  const { path, expected, ...rest } = call;
  try {
    const response = await fetch(origin + path, { redirect: 'manual', ...rest });
    const text = await response.text();
    return response.status === expected ? undefined : `${response.status} ${text.slice(0, 200)}`;
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}
