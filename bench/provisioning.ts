import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '@ptsdly/kit';
import { createHost } from '../services/media/src/testing/host.ts';
import { createConfig } from '../services/media/src/testing/server.ts';
import { root } from '../test/product.ts';
import { inFolder } from './folder.ts';
import { end } from './processes.ts';
import { processorSeconds } from './processor.ts';
import { type Measurement, median } from './report.ts';

const RUNS = 9;
const POLL_MS = 1;
const PATIENCE_MS = 20_000;
const program = join(root, 'services/media/dist/media.mjs');

/** Seconds from the spawn of a new subscriber's media server to its first answer, as its host waits for it. */
export function provisioning(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const starts: Start[] = [];
    // The first one fills the caches, and is not counted.
    for (let run = 0; run <= RUNS; run++) starts.push(await firstAnswer(join(folder, String(run))));
    const counted = starts.slice(1);
    const conditions = { runs: `${RUNS}, median`, program: 'the bundle, a new database', answer: '/healthz' };
    return [
      { case: 'first-answer', value: median(counted.map(({ seconds }) => seconds)), unit: 's', conditions },
      {
        case: 'first-answer-cost',
        value: median(counted.map(({ cost }) => cost)),
        unit: 'cpu-s',
        conditions,
      },
    ];
  });
}

interface Start {
  readonly seconds: number;
  /** Seconds of processor time. */
  readonly cost: number;
}

async function firstAnswer(folder: string): Promise<Start> {
  await mkdir(folder);
  const config = await createConfig(folder);
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const host = await createHost(config);
  const control = await listen(host, { socketPath: join(folder, 'control.sock'), drainMs: 100 });
  const started = performance.now();
  const args = ['--disable-warning=ExperimentalWarning', program, join(folder, 'config.json')];
  const media = spawn(process.execPath, args, { cwd: folder, env: {}, stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    while (!(await answers(config.socketPath))) {
      if (performance.now() - started > PATIENCE_MS) throw new Error('a media server did not answer');
      await sleep(POLL_MS);
    }
    const seconds = (performance.now() - started) / 1000;
    return { seconds, cost: await processorSeconds([media.pid as number]) };
  } finally {
    await end(media);
    await host.close();
    await control.close();
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ socketPath, path: '/healthz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}
