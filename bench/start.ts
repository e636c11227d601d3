import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../test/product.ts';
import { inFolder } from './folder.ts';
import { freePort } from './processes.ts';
import { type Measurement, median } from './report.ts';

const RUNS = 5;
const POLL_MS = 5;
const PATIENCE_MS = 60_000;

/** Seconds from `npm start` to its first answer, when everything is installed, built and in the caches. */
export function start(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const seconds: number[] = [];
    for (let run = 0; run <= RUNS; run++) seconds.push(await startOnce(join(folder, 'data')));
    return [
      {
        ...{ case: 'second-start', value: median(seconds.slice(1)), unit: 's' },
        conditions: { runs: `${RUNS}, median`, answer: 'the landing page', data: 'of the starts before' },
      },
    ];
  });
}

async function startOnce(data: string): Promise<number> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), PTSDLY_DATA: data };
  const started = performance.now();
  // In a group of its own, so that one signal reaches npm and all below it, as Ctrl-C does.
  const npm = spawn('npm', ['start'], { cwd: root, env, stdio: 'ignore', detached: true });
  const exited = once(npm, 'exit');
  try {
    while (!(await answers(`http://localhost:${port}/`))) {
      if (npm.exitCode !== null) throw new Error('npm start ended; run it to see why');
      if (performance.now() - started > PATIENCE_MS) throw new Error('npm start did not answer');
      await sleep(POLL_MS);
    }
    return (performance.now() - started) / 1000;
  } finally {
    if (npm.exitCode === null) process.kill(-(npm.pid as number), 'SIGINT');
    await exited;
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.status === 200;
}
