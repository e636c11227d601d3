import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Person } from '../test/person.ts';
import { inFolder } from './folder.ts';
import { type Nginx, startNginx } from './nginx.ts';
import { freePort, type Running, start, startPtsdly, untilAnswers } from './processes.ts';
import { peakMemory, processorSeconds } from './processor.ts';
import { type Measurement, median } from './report.ts';
import { hammer } from './wrk.ts';

const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 32;
const BYTES = 2 ** 30;
const GB = 1e9;

/** The gateway as shipped in a process of its own, and nginx, before the same server. */
interface Rig {
  readonly folder: string;
  readonly gateway: { readonly url: string; readonly pids: readonly number[] };
  readonly nginx: Nginx;
  /** The server behind both, without anything before it. */
  readonly upstream: { readonly url: string; readonly pids: readonly number[] };
  /** Of somebody who is signed in. */
  readonly cookie: string;
}

/** 1 KB of JSON with the check of a token, and 1 GiB each way, beside nginx `proxy_pass` in turns. */
export function gateway(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const running: { stop(): Promise<void> }[] = [];
    try {
      const rig = await open(folder, running);
      return [
        ...(await json(rig)),
        await large(rig, 'download-1gib', download),
        await large(rig, 'upload-1gib', upload),
      ];
    } finally {
      for (const each of running.reverse()) await each.stop();
    }
  });
}

async function open(folder: string, running: { stop(): Promise<void> }[]): Promise<Rig> {
  const [upstreamPort, gatewayPort, identityPort] = [await freePort(), await freePort(), await freePort()];
  const keep = <T extends { stop(): Promise<void> }>(one: T): T => {
    running.push(one);
    return one;
  };
  const upstreamUrl = `http://127.0.0.1:${upstreamPort}`;
  const logFile = (name: string) => join(folder, `${name}.log`);
  const standIn = keep(
    start(process.execPath, ['bench/stand-in.ts', String(upstreamPort)], { logFile: logFile('up') }),
  );
  const url = `http://localhost:${gatewayPort}`;
  const env = {
    PORT: String(gatewayPort),
    PTSDLY_URL: url,
    PTSDLY_DATA: join(folder, 'data'),
    PTSDLY_LOG: 'info',
    PTSDLY_RATE_FACTOR: '1000', // counted, never reached
    PTSDLY_DRAIN: '0',
    PTSDLY_IDENTITY_URL: `http://127.0.0.1:${identityPort}`,
    PTSDLY_LINKS_URL: upstreamUrl,
    PTSDLY_SUBSCRIPTIONS_URL: upstreamUrl,
    PTSDLY_WEB_URL: upstreamUrl,
  };
  const identity = keep(startPtsdly(['identity'], { env, logFile: logFile('identity') }));
  await untilAnswers(`http://127.0.0.1:${identityPort}/healthz`, 200, logFile('identity'));
  const door: Running = keep(startPtsdly(['gateway'], { env, logFile: logFile('gateway') }));
  await untilAnswers(`${url}/api/plans`, 200, logFile('gateway'));
  const nginx = keep(await startNginx(folder, passTo, 200, upstreams(upstreamPort)));
  const person = new Person(url);
  await person.signUp();
  const gatewayPids = [door.pid, identity.pid]; // who relays a token works for it
  return {
    folder,
    gateway: { url, pids: gatewayPids },
    nginx,
    upstream: { url: upstreamUrl, pids: [standIn.pid] },
    cookie: person.cookie,
  };
}

const upstreams = (port: number) => `upstream behind { server 127.0.0.1:${port}; keepalive 64; }`;
/** Streams both ways, with buffers as large as ours. */
const passTo = `
  proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection "";
  proxy_request_buffering off; client_max_body_size 0; client_body_buffer_size 64k;
  proxy_buffers 16 64k; proxy_buffer_size 64k; proxy_max_temp_file_size 0;`;

async function json(rig: Rig): Promise<Measurement[]> {
  const rates: Record<'gateway' | 'nginx' | 'upstream', number[]> = { gateway: [], nginx: [], upstream: [] };
  const headers = { cookie: rig.cookie };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of ['gateway', 'nginx', 'upstream'] as const) {
      const { url, pids } = rig[name];
      const before = await processorSeconds(pids);
      const load = { connections: CONNECTIONS, seconds: SECONDS };
      const requests = await hammer(rig.folder, `${url}/api/links`, headers, load);
      const rate = requests / ((await processorSeconds(pids)) - before);
      if (round > 0) rates[name].push(rate); // the first warms up
    }
  }
  const conditions = {
    connections: CONNECTIONS,
    rounds: `${ROUNDS} of ${SECONDS} s in turns, medians`,
    gateway:
      'cookie to token, rate limits, metrics, log at info to a file; identity’s processor time is in it',
    nginx: '1 worker, access log on, 64 idle connections kept',
    'upstream alone': `${Math.round(median(rates.upstream))} request/cpu-s`,
  };
  const limit = { name: 'nginx proxy_pass', value: median(rates.nginx) };
  return [{ case: 'json-1kb-token', value: median(rates.gateway), unit: 'request/cpu-s', limit, conditions }];
}

async function large(
  rig: Rig,
  name: string,
  move: (url: string, cookie: string) => Promise<void>,
): Promise<Measurement> {
  const costs: Record<'gateway' | 'nginx', { seconds: number; processor: number }[]> = {
    gateway: [],
    nginx: [],
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of ['gateway', 'nginx'] as const) {
      const { url, pids } = rig[way];
      const before = await processorSeconds(pids);
      const started = performance.now();
      await move(url, rig.cookie);
      const seconds = (performance.now() - started) / 1000;
      costs[way].push({ seconds, processor: (await processorSeconds(pids)) - before });
    }
  }
  const cost = (way: keyof typeof costs) =>
    median(costs[way].map(({ processor }) => processor)) / (BYTES / GB);
  const speed = (way: keyof typeof costs) =>
    `${Math.round(BYTES / 1e6 / median(costs[way].map(({ seconds }) => seconds)))} MB/s`;
  const megabytes = async (pid: number | undefined) => `${Math.round((await peakMemory(pid ?? 0)) / 1e6)} MB`;
  return {
    case: name,
    value: cost('gateway'),
    unit: 'cpu-s/GB',
    limit: { name: 'nginx proxy_pass', value: cost('nginx') },
    conditions: {
      rounds: `${ROUNDS} in turns, medians`,
      speed: speed('gateway'),
      'nginx speed': speed('nginx'),
      'peak memory': await megabytes(rig.gateway.pids[0]),
      'nginx peak memory': await megabytes(rig.nginx.pids[0]),
    },
  };
}

async function download(origin: string): Promise<void> {
  const request = httpRequest(`${origin}/m/abc/s/session/original?bytes=${BYTES}`).end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  let got = 0;
  answer.on('data', (data: Buffer) => {
    got += data.length;
  });
  await once(answer, 'end');
  if (answer.statusCode !== 200 || got !== BYTES) throw new Error(`${answer.statusCode}, ${got} bytes`);
}

const piece = Buffer.alloc(256 * 1024, 'movie');

async function upload(origin: string, cookie: string): Promise<void> {
  const headers = {
    cookie,
    origin,
    'content-length': BYTES,
    'content-type': 'application/offset+octet-stream',
  };
  const request = httpRequest(`${origin}/m/abc/uploads/u1`, { method: 'PATCH', headers });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  for (let sent = 0; sent < BYTES; sent += piece.length) {
    if (!request.write(piece)) await once(request, 'drain');
  }
  request.end();
  const [answer] = await answered;
  answer.resume();
  if (answer.statusCode !== 204) throw new Error(`the upload was answered ${answer.statusCode}`);
}
