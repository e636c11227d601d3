import { join } from 'node:path';
import { inFolder } from './folder.ts';
import { linkCreation } from './link-creation.ts';
import { startNginx } from './nginx.ts';
import { freePort, runNode, start, startPtsdly, untilAnswers } from './processes.ts';
import { anonymousMemory, processorSeconds, proportionalMemory } from './processor.ts';
import { type Measurement, median } from './report.ts';
import { type Load, type LoadResult, type Popularity, prepareLoad } from './wrk.ts';

const LINKS = 1_000_000;
const CONNECTIONS = 32;
const ROUNDS = 4;
const SECONDS = 3;
const UNKNOWN = '111111111111';

/** A server that answers 302, and the processes that this takes. */
interface Contender {
  readonly url: string;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/**
 * How many redirects a second of processor time gives, beside servers that answer the same to everything; how long an
 * answer takes, what memory the process holds then, and how fast links are made.
 */
export function redirect(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const codesFile = join(folder, 'codes.txt');
    await runNode(['bench/links-store.ts', join(folder, 'links'), String(LINKS), codesFile]);
    const contenders = {
      links: await startLinks(folder),
      bare: await startBare(folder),
      nginx: await startNginx(folder, 'return 302 /watch/abcdefghijkm;', 302),
    };
    try {
      const measured: Measurement[] = [];
      for (const popularity of ['uniform', 'zipf'] as const) {
        const load = await prepareLoad(folder, { codesFile, connections: CONNECTIONS, popularity });
        measured.push(...measurements(await inTurns(contenders, load), popularity));
      }
      measured.push(await memory(contenders.links));
      return [...measured, ...(await linkCreation(folder))];
    } finally {
      for (const contender of Object.values(contenders)) await contender.stop();
    }
  });
}

/** The first popularity has the names that are compared over time. */
function measurements({ links, bare, nginx }: Turns, popularity: Popularity): Measurement[] {
  const unit = 'request/cpu-s';
  const limit = { name: 'nginx return 302', value: medianRate(nginx) };
  const name = (which: string) => (popularity === 'uniform' ? which : `${which}-${popularity}`);
  const shared = { connections: CONNECTIONS, rounds: `${ROUNDS} of ${SECONDS} s in turns, medians` };
  const conditions = {
    links: LINKS,
    load: `codes of all, ${popularity}, log at info to a file, clicks counted`,
    ...shared,
    // Clicks are folded into totals once in 200,000 links, which a median of a few rounds may leave out.
    'ratio over all rounds': (totalRate(links) / totalRate(nginx)).toFixed(2),
    nginx: '1 worker, access log on',
  };
  const latency = (which: 'p50' | 'p99'): Measurement => ({
    ...{ case: name(which), value: median(links.map((turn) => turn[which])), unit: 's' },
    limit: { name: 'nginx return 302', value: median(nginx.map((turn) => turn[which])) },
    conditions: { load: 'as much as one thread of wrk can ask for', ...shared },
  });
  return [
    { case: name('counted-1e6'), value: medianRate(links), unit, limit, conditions },
    {
      ...{ case: name('bare-node-http'), value: medianRate(bare), unit, limit },
      conditions: { load: 'the same, one constant answer, no log', ...shared },
    },
    latency('p50'),
    latency('p99'),
  ];
}

async function memory({ pids: [pid] }: Contender): Promise<Measurement> {
  const value = await anonymousMemory(pid as number);
  const store = (await proportionalMemory(pid as number)) - value;
  const conditions = {
    links: LINKS,
    when: 'after the load',
    'mapped pages of files, MB': Math.round(store / 1e6),
  };
  return { case: 'memory', value, unit: 'B', conditions };
}

/** What one round of load came to. */
interface Turn extends LoadResult {
  /** Of processor time. */
  readonly seconds: number;
}

type Turns = Readonly<Record<'links' | 'bare' | 'nginx', readonly Turn[]>>;

const medianRate = (turns: readonly Turn[]) =>
  median(turns.map(({ requests, seconds }) => requests / seconds));

const totalRate = (turns: readonly Turn[]) =>
  sum(turns.map(({ requests }) => requests)) / sum(turns.map(({ seconds }) => seconds));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/**
 * One round warms up; then each contender in turn, so that a busy minute of the machine meets all of them. The
 * processor time of a turn runs on until the round is over: what a contender puts off it pays for all the same.
 */
async function inTurns(contenders: Record<keyof Turns, Contender>, load: Load): Promise<Turns> {
  const turns = { links: [] as Turn[], bare: [] as Turn[], nginx: [] as Turn[] };
  const names = Object.keys(turns) as (keyof Turns)[];
  for (let round = 0; round <= ROUNDS; round++) {
    const done: { name: keyof Turns; before: number; result: LoadResult }[] = [];
    for (const name of names) {
      const { url, pids } = contenders[name];
      const before = await processorSeconds(pids);
      done.push({ name, before, result: await load.run(url, SECONDS) });
    }
    for (const { name, before, result } of done) {
      const seconds = (await processorSeconds(contenders[name].pids)) - before;
      if (round > 0) turns[name].push({ ...result, seconds });
    }
  }
  return turns;
}

/** Links in a process of its own, over a store that was filled before; identity and subscriptions stand beside it. */
export async function startLinks(
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Contender> {
  const port = await freePort();
  const identity = `http://127.0.0.1:${await freePort()}`;
  const subscriptions = `http://127.0.0.1:${await freePort()}`;
  const env = {
    PTSDLY_DATA: join(folder, 'data'),
    PTSDLY_LOG: 'info',
    PTSDLY_LINKS_STORE: `lmdb:${join(folder, 'links')}`,
    PTSDLY_LINKS_URL: `http://127.0.0.1:${port}`,
    PTSDLY_IDENTITY_URL: identity,
    PTSDLY_SUBSCRIPTIONS_URL: subscriptions,
    ...more,
  };
  const beside = startPtsdly(['identity', 'subscriptions'], { env, logFile: join(folder, 'peers.log') });
  const logFile = join(folder, 'links.log');
  const links = startPtsdly(['links'], { env, logFile });
  const stop = async () => {
    await links.stop();
    await beside.stop();
  };
  try {
    await untilAnswers(`${subscriptions}/healthz`, 200, join(folder, 'peers.log'));
    await untilAnswers(`http://127.0.0.1:${port}/${UNKNOWN}`, 404, logFile);
    return { url: `http://127.0.0.1:${port}`, pids: [links.pid], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startBare(folder: string): Promise<Contender> {
  const port = await freePort();
  const logFile = join(folder, 'bare.log');
  const bare = start(process.execPath, ['bench/bare-redirect.ts', String(port)], { logFile });
  await untilAnswers(`http://127.0.0.1:${port}/`, 302, logFile);
  return { url: `http://127.0.0.1:${port}`, pids: [bare.pid], stop: () => bare.stop() };
}
