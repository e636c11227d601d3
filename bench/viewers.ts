import { chmod } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { basename } from 'node:path';
import { createPresentation, indexSource } from '@ptsdly/packager';
import { FileSource } from '../lib/packager/src/testing/file-source.ts';
import { startProduct } from '../test/product.ts';
import { inFolder } from './folder.ts';
import { type Nginx, startNginx } from './nginx.ts';
import { makeOriginal, type Original } from './original.ts';
import { mediaPid, processorSeconds } from './processor.ts';
import { type Measurement, median } from './report.ts';
import { type Subscriber, subscribe, upload } from './subscriber.ts';

const SECONDS = 60;
const VIEWERS = 8;
const ROUNDS = 3;

/**
 * How many viewers of one 1080p video one core serves: seconds of video delivered per second of processor time, of the
 * gateway and the media server together; and the segments of the media server alone, as if they came from it directly.
 * nginx sends the same stretches of the same file.
 */
export function viewers(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const original = await makeOriginal(folder, { seconds: SECONDS });
    await chmod(folder, 0o755); // nginx reads the file as another user
    const product = await startProduct();
    let nginx: Nginx | undefined;
    try {
      nginx = await startNginx(folder, `root ${folder};`, 403);
      const subscriber = await subscribe(product);
      const videoId = await upload(subscriber, original);
      const segments = await segmentUrls(subscriber, videoId, product.url);
      const ranges = await rangesOf(original, `${nginx.url}/${basename(original.path)}`);
      const media = [await mediaPid(product.data)];
      const all = [product.pid, ...media];
      const spent = { all: [] as number[], media: [] as number[], nginx: [] as number[] };
      for (let round = 0; round <= ROUNDS; round++) {
        const before = [await processorSeconds(all), await processorSeconds(media)] as const;
        requireWhole(await watchAll(segments), original);
        const after = [await processorSeconds(all), await processorSeconds(media)] as const;
        const plain = await processorSeconds(nginx.pids);
        requireWhole(await watchAll(ranges), original);
        if (round === 0) continue;
        spent.all.push(after[0] - before[0]);
        spent.media.push(after[1] - before[1]);
        spent.nginx.push((await processorSeconds(nginx.pids)) - plain);
      }
      return measurements(spent, segments.length);
    } finally {
      await nginx?.stop();
      await product.stop();
    }
  });
}

function requireWhole(bytes: number, original: Original): void {
  if (bytes < VIEWERS * original.bytes * 0.9) throw new Error('the viewers did not see all of it');
}

function measurements(
  spent: Readonly<Record<'all' | 'media' | 'nginx', readonly number[]>>,
  segments: number,
): Measurement[] {
  const per = (work: number, seconds: readonly number[]) => work / Math.max(0.01, median(seconds));
  const conditions = {
    movie: `${SECONDS} s of 1080p at 5 Mbit/s with sound, ${segments} segments`,
    viewers: `${VIEWERS} at once, as fast as they come`,
    rounds: `${ROUNDS}, in turns with nginx, median`,
  };
  const name = 'nginx, ranges of the same file';
  const watched = VIEWERS * SECONDS;
  const sent = VIEWERS * segments;
  return [
    {
      ...{ case: 'per-core', value: per(watched, spent.all), unit: 'viewer/core' },
      limit: { name, value: per(watched, spent.nginx) },
      conditions: { ...conditions, path: 'through the gateway to the media server, both counted' },
    },
    {
      ...{ case: 'segments', value: per(sent, spent.media), unit: 'segment/cpu-s' },
      limit: { name, value: per(sent, spent.nginx) },
      conditions: { ...conditions, path: 'the media server alone' },
    },
  ];
}

/** The stretches of the original that its segments lie in, as requests with a range each. */
async function rangesOf({ path, bytes }: Original, url: string): Promise<Piece[]> {
  await using source = await FileSource.open(path);
  const presentation = createPresentation(await indexSource(source));
  const pieces: Piece[] = [];
  for (const { id, segmentCount } of presentation.tracks) {
    for (let n = 0; n < segmentCount; n++) {
      const { ranges, size } = presentation.segment(id, n);
      const from = Math.min(...ranges.map(({ offset }) => offset));
      pieces.push({ url, range: `bytes=${from}-${Math.min(bytes, from + size) - 1}` });
    }
  }
  return pieces;
}

interface Piece {
  readonly url: string;
  readonly range?: string;
}

/** The addresses of all segments of picture and sound, as a player finds them. */
async function segmentUrls(
  { person, server }: Subscriber,
  videoId: string,
  origin: string,
): Promise<Piece[]> {
  await person.settled(server, videoId);
  const { hlsUrl } = await person.media(server).playOwn({ params: { id: videoId } });
  const urls: Piece[] = [];
  for (const track of ['v0', 'a0']) {
    const playlist = new URL(hlsUrl.replace('master.m3u8', `${track}.m3u8`), origin);
    const lines = (await (await person.fetch(playlist.pathname)).text()).split('\n');
    const names = lines.filter((line) => line.endsWith('.m4s'));
    urls.push(...names.map((name) => ({ url: new URL(name, playlist).href })));
  }
  return urls;
}

/** Bytes that all viewers got. */
async function watchAll(segments: readonly Piece[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: VIEWERS });
  const watch = async () => {
    let bytes = 0;
    for (const piece of segments) bytes += await read(piece, agent);
    return bytes;
  };
  const seen = await Promise.all(Array.from({ length: VIEWERS }, watch));
  agent.destroy();
  return seen.reduce((sum, bytes) => sum + bytes, 0);
}

function read({ url, range }: Piece, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: range ? { range } : {} }, (response) => {
      if (response.statusCode !== (range ? 206 : 200))
        return reject(new Error(`a segment answered ${response.statusCode}`));
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.once('end', () => resolve(bytes)).once('error', reject);
    }).once('error', reject);
  });
}
