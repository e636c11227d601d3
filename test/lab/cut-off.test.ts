import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { linkLeaseSeconds, type MediaConfig, mediaConfig, type Server } from '@ptsdly/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mediaProcesses } from '../media-processes.ts';
import { Person, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { type Relay, relayAt } from '../relay.ts';
import { createUpload, patch, type Upload } from '../tus.ts';

/** A media server that its viewers still reach, and its host does not. */

const run = promisify(execFile);

const ways: Record<string, (relay: Relay) => Promise<void> | void> = {
  'that goes silent': (relay) => relay.silence(),
  'that closes': (relay) => relay.close(),
};

let product: Product;
let movie: Buffer;
let servers: Behind[];
beforeAll(async () => {
  product = await startProduct();
  const plain = join(product.data, 'plain.mov');
  const turned = join(product.data, 'turned.mov');
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=128x72:r=25:d=6'];
  const sound = ['-f', 'lavfi', '-i', 'anoisesrc=r=192000:d=6', '-c:a', 'pcm_s32le', '-ac', '8'];
  const ffmpeg = (...args: string[]) => run('ffmpeg', ['-v', 'error', ...args]);
  const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50'];
  await ffmpeg(...picture, ...sound, ...video, '-movflags', '+faststart', plain);
  await ffmpeg('-i', plain, '-c', 'copy', '-metadata:s:v', 'rotate=90', '-movflags', '+faststart', turned);
  movie = await readFile(turned); // 37 MB, for more than any buffer on the way
  servers = await behindRelays(Object.keys(ways).length);
});
afterAll(() => product?.stop());

async function configOf(serverId: string): Promise<MediaConfig & { socketPath: string }> {
  const names = await readdir(product.data, { recursive: true });
  const paths = names.filter((name) => name.endsWith('config.json')).map((name) => join(product.data, name));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  const configs = texts.map((text) => mediaConfig.parse(JSON.parse(text)));
  const found = configs.find((config) => config.serverId === serverId);
  if (found?.socketPath === undefined) throw new Error('the server has no configuration');
  return { ...found, socketPath: found.socketPath };
}

interface Behind {
  readonly owner: Person;
  readonly server: Server;
  readonly socketPath: string;
  readonly relay: Relay;
}

/** Media servers that reach their host through relays, and through nothing else. */
async function behindRelays(count: number): Promise<Behind[]> {
  const all = await Promise.all(
    Array.from({ length: count }, async () => {
      const owner = new Person(product.url);
      await owner.signUp();
      const server = await owner.subscribe();
      const { socketPath, controlAddress } = await configOf(server.id);
      const relay = await relayAt(controlAddress.slice('unix:'.length));
      return { owner, server, socketPath, relay };
    }),
  );
  for (const pid of mediaProcesses(product.data)) process.kill(pid, 'SIGKILL'); // what stood before stood past the relay
  for (const { relay } of all) {
    await until(
      async () => relay.heard(),
      (heard) => heard.includes('GET /feeds/links/'),
      () => 'the server does not ask',
      30,
    );
  }
  return all;
}

/** A link, and somebody who has opened it. */
async function shared({ owner, server }: Behind) {
  const upload = await until(
    () => createUpload(owner, server, 'turned.mov', movie.length).catch(() => undefined),
    (made) => made !== undefined,
    () => 'the server does not come back',
    30,
  );
  const { videoId } = upload as Upload;
  await patch(owner, upload as Upload, 0, movie);
  await owner.settled(server, videoId);
  const body = { serverId: server.id, videoId, allowDownload: true };
  const link = await owner.links.createLink({ body });
  const { grant } = await new Person(product.url).links.openLink({ params: { code: link.code }, body: {} });
  const play = await owner.media(server).playGrant({ body: { grant } });
  const own = await owner.media(server).playOwn({ params: { id: videoId } });
  return { link, play, own };
}

type Way = (path: string) => ClientRequest;

/** When the last byte came, and whether the whole answer did. */
interface Watched {
  lastAt: number;
  isWhole: boolean;
  /** From now on as fast as it comes. */
  hurry: () => void;
  readonly ended: Promise<void>;
}

/** Reads slowly, 2 MB a second at most. */
async function watch(way: Way, path: string): Promise<Watched> {
  const request = way(path).end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  expect([path, answer.statusCode]).toEqual([path, 200]);
  const ended = Promise.withResolvers<void>();
  const watched: Watched = {
    lastAt: 0,
    isWhole: false,
    hurry() {
      slow = false;
      answer.resume();
    },
    ended: ended.promise,
  };
  let slow = true;
  answer.on('data', () => {
    watched.lastAt = performance.now();
    if (!slow) return;
    answer.pause();
    setTimeout(() => answer.resume(), 30);
  });
  answer.on('error', () => undefined);
  answer.once('close', () => {
    watched.isWhole = answer.complete;
    ended.resolve();
  });
  return watched;
}

/** Asks for a segment over and over; the time of the last one that came. */
function keepAsking(way: Way, path: string) {
  const seen = { lastAt: 0, statuses: new Set<number>() };
  let over = false;
  const asking = (async () => {
    while (!over) {
      const request = way(path).end();
      const answer = await once(request, 'response').then(
        ([first]) => first as IncomingMessage,
        () => undefined,
      );
      seen.statuses.add(answer?.statusCode ?? 0);
      answer
        ?.on('error', () => undefined)
        .on('data', () => {
          if (answer.statusCode === 200) seen.lastAt = performance.now();
        });
      if (answer) await once(answer, 'close');
      await sleep(20);
    }
  })();
  const stop = async () => {
    over = true;
    await asking;
  };
  return { seen, stop };
}

const pathOf = (url: string) => new URL(url, product.url).pathname;
const unheard = (request: ClientRequest) => request.on('error', () => undefined);
const through: Way = (path) => unheard(httpRequest(product.url + path, { agent: false }));
const past =
  (socketPath: string): Way =>
  (path) =>
    unheard(httpRequest({ socketPath, path, agent: false }));

test.concurrent.each(Object.keys(ways))('revoking ends everything behind a network %s', async (name) => {
  const behind = servers.pop() as Behind;
  const { owner, relay, socketPath } = behind;
  const { link, play, own } = await shared(behind);
  const segment = pathOf(play.hlsUrl).replace('master.m3u8', 'v0/0.m4s');
  const files = [play.progressiveUrl, play.downloadUrl].map((url) => pathOf(String(url)));
  const direct = past(socketPath);
  const watching = await Promise.all(files.flatMap((path) => [watch(direct, path), watch(through, path)]));
  const asking = [direct, through].map((way) => keepAsking(way, segment));
  await until(
    async () => asking.every(({ seen }) => seen.lastAt > 0),
    (all) => all,
    () => 'no segment came',
  );
  await ways[name]?.(relay);
  const begun = performance.now();
  expect(await owner.links.revokeLink({ params: { id: link.id } })).toEqual({ stopped: true });
  const answeredAt = performance.now();
  expect(answeredAt - begun).toBeLessThan(linkLeaseSeconds * 1000 + 1500);
  for (const { hurry } of watching) hurry();
  await Promise.all(watching.map(({ ended }) => ended));
  await sleep(1500); // whoever were to come later than a second would come now
  for (const { stop } of asking) await stop();
  for (const { lastAt, isWhole } of watching) {
    expect(lastAt - answeredAt).toBeLessThan(1000);
    expect(isWhole).toBe(false);
  }
  for (const { seen } of asking) {
    expect(seen.lastAt - answeredAt).toBeLessThan(1000);
    expect([...seen.statuses].some((status) => status === 503)).toBe(true);
  }
  expect((await owner.fetch(pathOf(own.hlsUrl))).status).toBe(200); // the owner's own needs no news
  const refused = await fetch(new URL(play.hlsUrl, product.url));
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
});
