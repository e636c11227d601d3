import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { newCode } from '../services/links/src/codes/code.ts';
import { inFolder } from './folder.ts';
import { runNode } from './processes.ts';
import { startLinks } from './redirect.ts';
import { type Measurement, median } from './report.ts';

const LINKS = 100_000;
const ROUNDS = 6000;

/** Codes that lead nowhere, of each kind that somebody might want to tell from another. */
const kinds = {
  unknown: newCode,
  malformed: () => newCode().replace(/.$/, '0'), // no letter of base58
} as const;

/**
 * Whether the time of an answer tells a code that is unknown from one that could be none. `told-apart`: how often a
 * guess by the time alone is right, of two answers one of each kind; a coin says 0.5, and 1 is a leak (the area under
 * the ROC curve, which is the Mann-Whitney U statistic over its maximum).
 */
export function codeTiming(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const codes = join(folder, 'codes.txt');
    await runNode(['bench/links-store.ts', join(folder, 'links'), String(LINKS), codes]);
    const links = await startLinks(folder, { PTSDLY_RATE_FACTOR: '0' });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const times = { unknown: [] as number[], malformed: [] as number[] };
      for (let round = -500; round < ROUNDS; round++) {
        const order =
          Math.random() < 0.5 ? (['unknown', 'malformed'] as const) : (['malformed', 'unknown'] as const);
        for (const kind of order) {
          const seconds = await answerTime(`${links.url}/${kinds[kind]()}`, agent);
          if (round >= 0) times[kind].push(seconds);
        }
      }
      return measurements(times);
    } finally {
      agent.destroy();
      await links.stop();
    }
  });
}

function measurements({ unknown, malformed }: Record<keyof typeof kinds, number[]>): Measurement[] {
  const conditions = {
    links: LINKS,
    pairs: ROUNDS,
    load: 'one connection, one request after the other, in pairs',
  };
  return [
    { case: 'told-apart', value: slower(unknown, malformed), unit: 'probability', conditions },
    { case: 'unknown', value: median(unknown), unit: 's', conditions },
    { case: 'malformed', value: median(malformed), unit: 's', conditions },
  ];
}

/** The share of all pairs in which the first is the slower one; half a pair for a tie. */
function slower(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((time) => ({ time, isA: true })), ...b.map((time) => ({ time, isA: false }))];
  all.sort((x, y) => x.time - y.time);
  let before = 0;
  let pairs = 0;
  for (const { isA } of all) {
    if (isA) pairs += before;
    else before++;
  }
  return pairs / (a.length * b.length);
}

/** Seconds from the request to the end of its answer. */
function answerTime(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    get(url, { agent }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve((performance.now() - started) / 1000));
    }).on('error', reject);
  });
}
