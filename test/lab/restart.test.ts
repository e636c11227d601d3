import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fixtures } from '@ptsdly/packager/testing';
import { afterEach, expect, test } from 'vitest';
import { callsOf, startLoad } from '../load.ts';
import { Person, until } from '../person.ts';
import { freePorts } from '../ports.ts';
import { main, type Product, root, type ServiceName, startProduct } from '../product.ts';
import { createUpload, patch } from '../tus.ts';

/** What runs is replaced under constant load. */

let product: Product | undefined;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGTERM');
    await exited;
  }
  await product?.stop();
  product = undefined;
});

const settings = { PTSDLY_DRAIN: '2', PTSDLY_RATE_FACTOR: '0' };

test('each service restarts alone, and no request fails; who watches by a link notices nothing', async () => {
  product = await startProduct({ topology: 'every service apart', env: settings });
  const names: ServiceName[] = ['identity', 'web', 'links', 'subscriptions'];
  const load = startLoad(product.url, await callsOf(product.url), 8);
  const download = await slowDownload();
  for (const name of names) {
    await load.more(200);
    // with subscriptions the media servers of this machine restart too
    if (name === 'subscriptions') expect(await download.stop()).toBe('under way');
    await product.restart(name);
    expect(load.failures, name).toEqual([]);
  }
  await load.more(200);
  await load.stop();
  expect(load.failures).toEqual([]);
});

/** Somebody who takes a long time to download what a link leads to. */
async function slowDownload() {
  const owner = new Person(product?.url ?? '');
  await owner.signUp();
  const server = await owner.subscribe();
  const movie = Buffer.concat([await readFile(await fixtures['no sound']()), Buffer.alloc(120_000_000)]);
  const { videoId, location } = await createUpload(owner, server, 'long.mp4', movie.length);
  await patch(owner, { videoId, location }, 0, movie);
  await owner.settled(server, videoId);
  const body = { serverId: server.id, videoId, allowDownload: true };
  const { code } = await owner.links.createLink({ body });
  const { grant } = await owner.links.openLink({ params: { code }, body: {} });
  const { downloadUrl } = await owner.media(server).playGrant({ body: { grant } });
  const answer = await fetch(new URL(String(downloadUrl), product?.url));
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  let state = 'under way';
  const timer = setInterval(() => {
    const read = reader.read();
    read.then(
      ({ done }) => {
        if (done) state = 'over';
      },
      () => {
        state = 'cut';
      },
    );
  }, 50);
  return {
    async stop() {
      clearInterval(timer);
      const end = state;
      await reader.cancel().catch(() => undefined);
      return end;
    },
  };
}

const nginxMissing = spawnSync('nginx', ['-v']).error
  ? 'skipped: there is no nginx on this machine'
  : undefined;
if (nginxMissing) console.warn(nginxMissing);

test.skipIf(nginxMissing)(
  'one of two gateways restarts behind a balancer, and no request fails',
  async () => {
    const [balancerPort = 0, firstPort = 0, secondPort = 0] = await freePorts(3);
    const url = `http://localhost:${balancerPort}`;
    const folder = await mkdtemp(join(tmpdir(), 'ptsdly-balancer-'));
    const gateways = [String(firstPort), String(secondPort)];
    await writeFile(join(folder, 'nginx.conf'), balancer(folder, balancerPort, gateways));
    children.push(spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' }));
    await answering(`${url}/balancer`, 204);
    product = await startProduct({
      topology: 'every service apart',
      env: { ...settings, PORT: String(firstPort), PTSDLY_URL: url, PTSDLY_TRUSTED_PROXIES: '127.0.0.1' },
    });
    const second = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'gateway'], {
      cwd: root,
      env: { ...product.env, PORT: String(secondPort) },
      stdio: 'ignore',
    });
    children.push(second);
    await answering(`http://localhost:${secondPort}/api/plans`, 200);
    await answering(`${url}/api/plans`, 200);
    const load = startLoad(url, await callsOf(url), 8);
    for (let round = 0; round < 3; round++) {
      await load.more(200);
      await product.restart('gateway');
    }
    await load.more(200);
    await load.stop();
    expect(second.exitCode, 'the second gateway stands').toBeNull();
    expect(load.failures.slice(0, 10)).toEqual([]);
    await rm(folder, { recursive: true, force: true });
  },
);

/** Resolves at the first answer with this status. */
const answering = (url: string, expected: number) =>
  until(
    () =>
      fetch(url).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === expected,
    (status) => `${url} answers ${status}`,
    60,
  );

/** Idle connections live shorter than a gateway keeps them for what is on its way; else as Debian ships it. */
const balancer = (folder: string, port: number, gateways: readonly string[]) => `
daemon off;
user ${userInfo().username};
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  upstream gateways {
    ${gateways.map((each) => `server 127.0.0.1:${each};`).join('\n    ')}
    keepalive 16;
    keepalive_timeout 1s;
  }
  server {
    listen 127.0.0.1:${port};
    location = /balancer { return 204; }
    location / {
      proxy_pass http://gateways;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;

test('one process restarts in under two seconds; a video plays on and an upload goes on where it was', async () => {
  product = await startProduct({ env: { PTSDLY_DRAIN: '0', PTSDLY_RATE_FACTOR: '0' } });
  const owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const movie = await readFile(await fixtures['no sound']());
  const whole = await createUpload(owner, server, 'whole.mp4', movie.length);
  await patch(owner, whole, 0, movie);
  await owner.settled(server, whole.videoId);
  const half = await createUpload(owner, server, 'half.mp4', movie.length);
  const middle = Math.floor(movie.length / 2);
  await patch(owner, half, 0, movie.subarray(0, middle));
  const session = await owner.media(server).playOwn({ params: { id: whole.videoId } });
  const playlist = async () => (await fetch(new URL(session.hlsUrl, product?.url))).status;
  expect(await playlist()).toBe(200);
  const stream = await owner.fetch(session.eventsUrl); // an open stream delays nobody
  const told = stream.text();

  const away: number[] = [];
  let over = false;
  const watching = (async () => {
    for (let lost = 0; !over; ) {
      const answered = await fetch(`${product?.url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (answered && lost) away.push(performance.now() - lost);
      if (answered) lost = 0;
      else lost ||= performance.now();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  await product.restart('all');
  over = true;
  await watching;
  await told;
  expect(Math.max(...away)).toBeLessThan(2000 * slowness());
  expect(await playlist()).toBe(200);
  await patch(owner, half, middle, movie.subarray(middle));
  await owner.settled(server, half.videoId);
});

/** How much longer than on a quiet machine a bare Node takes to start, which is most of what a restart is. */
function slowness(): number {
  const started = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return Math.max(1, (performance.now() - started) / 60);
}
