import { readdir, readFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { startProduct } from '../test/product.ts';
import { inFolder } from './folder.ts';
import { makeOriginal } from './original.ts';
import { processorSeconds } from './processor.ts';
import { type Measurement, median } from './report.ts';
import { type Subscriber, subscribe, upload } from './subscriber.ts';

const SECONDS = 60;
const VIEWERS = 8;
const ROUNDS = 3;

/**
 * How many viewers of one 1080p video one core serves: seconds of video delivered per second of processor time, of the
 * gateway and the media server together.
 */
export function viewers(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const original = await makeOriginal(folder, { seconds: SECONDS });
    const product = await startProduct();
    try {
      const subscriber = await subscribe(product);
      const videoId = await upload(subscriber, original);
      const segments = await segmentUrls(subscriber, videoId, product.url);
      const pids = [await onlyChild(), await mediaPid(product.data)];
      const rates: number[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        const before = await processorSeconds(pids);
        const bytes = await watchAll(segments);
        const spent = (await processorSeconds(pids)) - before;
        if (bytes < VIEWERS * original.bytes * 0.9) throw new Error('the viewers did not see all of it');
        if (round > 0) rates.push((VIEWERS * SECONDS) / spent);
      }
      return [
        {
          ...{ case: 'per-core', value: median(rates), unit: 'viewer/core' },
          conditions: {
            movie: `${SECONDS} s of 1080p at 5 Mbit/s with sound, ${segments.length} segments`,
            viewers: `${VIEWERS} at once, as fast as they come; the value is seconds of video per cpu-s`,
            rounds: `${ROUNDS}, median`,
            path: 'through the gateway, one process, to the media server',
          },
        },
      ];
    } finally {
      await product.stop();
    }
  });
}

/** The addresses of all segments of picture and sound, as a player finds them. */
async function segmentUrls(
  { person, server }: Subscriber,
  videoId: string,
  origin: string,
): Promise<string[]> {
  await person.settled(server, videoId);
  const { hlsUrl } = await person.media(server).playOwn({ params: { id: videoId } });
  const urls: string[] = [];
  for (const track of ['v0', 'a0']) {
    const playlist = new URL(hlsUrl.replace('master.m3u8', `${track}.m3u8`), origin);
    const lines = (await (await person.fetch(playlist.pathname)).text()).split('\n');
    const names = lines.filter((line) => line.endsWith('.m4s'));
    urls.push(...names.map((name) => new URL(name, playlist).href));
  }
  return urls;
}

/** Bytes that all viewers got. */
async function watchAll(segments: readonly string[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: VIEWERS });
  const watch = async () => {
    let bytes = 0;
    for (const url of segments) bytes += await read(url, agent);
    return bytes;
  };
  const seen = await Promise.all(Array.from({ length: VIEWERS }, watch));
  agent.destroy();
  return seen.reduce((sum, bytes) => sum + bytes, 0);
}

function read(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`a segment answered ${response.statusCode}`));
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.once('end', () => resolve(bytes)).once('error', reject);
    }).once('error', reject);
  });
}

/** The control plane, which this process has just started and nothing else. */
async function onlyChild(): Promise<number> {
  const tasks = await readdir(`/proc/${process.pid}/task`);
  const children = await Promise.all(
    tasks.map((task) => readFile(`/proc/${process.pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  const [pid] = children.join(' ').trim().split(/\s+/);
  return Number(pid);
}

/** The process host notes each media server's process in a file of its own. */
async function mediaPid(data: string): Promise<number> {
  const folder = join(data, 'servers', '.pids');
  const [name = ''] = await readdir(folder);
  return (JSON.parse(await readFile(join(folder, name), 'utf8')) as { pid: number }).pid;
}
