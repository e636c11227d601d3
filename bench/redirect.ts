import { join } from 'node:path';
import { inFolder } from './folder.ts';
import { startNginx } from './nginx.ts';
import { freePort, runNode, start, startPtsdly, untilAnswers } from './processes.ts';
import { processorSeconds } from './processor.ts';
import { type Measurement, median } from './report.ts';
import { type Load, prepareLoad } from './wrk.ts';

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

/** How many redirects a second of processor time gives, beside servers that answer the same to everything. */
export function redirect(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const codes = join(folder, 'codes.txt');
    await runNode(['bench/links-store.ts', join(folder, 'links'), String(LINKS), codes]);
    const contenders = {
      links: await startLinks(folder),
      bare: await startBare(folder),
      nginx: await startNginx(folder, 'return 302 /watch/abcdefghijkm;', 302),
    };
    try {
      const load = await prepareLoad(folder, codes, CONNECTIONS);
      return measurements(await inTurns(contenders, load));
    } finally {
      for (const contender of Object.values(contenders)) await contender.stop();
    }
  });
}

function measurements({ links, bare, nginx }: Rates): Measurement[] {
  const unit = 'request/cpu-s';
  const limit = { name: 'nginx return 302', value: median(nginx) };
  const shared = { connections: CONNECTIONS, rounds: `${ROUNDS} of ${SECONDS} s in turns, medians` };
  const asShipped = 'random codes of all, log at info to a file, clicks counted';
  return [
    {
      ...{ case: 'counted-1e6', value: median(links), unit, limit },
      conditions: { links: LINKS, load: asShipped, ...shared, nginx: '1 worker, access log on' },
    },
    {
      ...{ case: 'bare-node-http', value: median(bare), unit, limit },
      conditions: { load: 'the same, one constant answer, no log', ...shared },
    },
  ];
}

type Rates = Readonly<Record<'links' | 'bare' | 'nginx', readonly number[]>>;

/**
 * One round warms up; then each contender in turn, so that a busy minute of the machine meets all of them. The
 * processor time of a turn runs on until the round is over: what a contender puts off it pays for all the same.
 */
async function inTurns(contenders: Record<keyof Rates, Contender>, load: Load): Promise<Rates> {
  const rates = { links: [] as number[], bare: [] as number[], nginx: [] as number[] };
  const names = Object.keys(rates) as (keyof Rates)[];
  for (let round = 0; round <= ROUNDS; round++) {
    const turns = [];
    for (const name of names) {
      const { url, pids } = contenders[name];
      const before = await processorSeconds(pids);
      turns.push({ name, pids, before, requests: await load.run(url, SECONDS) });
    }
    for (const { name, pids, before, requests } of turns) {
      const rate = requests / ((await processorSeconds(pids)) - before);
      if (round > 0) rates[name].push(rate);
    }
  }
  return rates;
}

/** Links in a process of its own, over a store that was filled before; identity and subscriptions stand beside it. */
async function startLinks(folder: string): Promise<Contender> {
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
