import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openProcessRig, type ProcessRig } from '@ptsdly/media/testing/process';
import { root, startProduct } from '../test/product.ts';
import { createUpload, patch } from '../test/tus.ts';
import { inFolder } from './folder.ts';
import { startNginx } from './nginx.ts';
import { processorSeconds } from './processor.ts';
import { RangeClient, type RangeRequest } from './range-client.ts';
import { type Measurement, median } from './report.ts';
import { subscribe } from './subscriber.ts';

const MIB = 2 ** 20;
const FILE = 128 * MIB;
const CONNECTIONS = 64;
const REQUESTS = 3000;
/** Of 64 KiB each. */
const WARM_UP = 20_000;
const ROUNDS = 3;

/** Bytes that are not all the same. */
const content = Buffer.alloc(FILE);
for (let at = 0; at < FILE; at += 4096) content.writeInt32LE(Math.imul(at + 1, 0x9e3779b1), at);

/** A server that has the file, and the processes whose time counts. */
interface Way {
  readonly name: string;
  readonly options: Pick<RangeRequest, 'to' | 'path'>;
  /** Made anew for each round: tokens are good for a minute. */
  readonly headers?: () => Promise<Record<string, string>>;
  readonly pids: readonly number[];
}

/**
 * Ranges of 1 MiB at random places of a file in the page cache, over 64 connections: by the media program; through the
 * gateway, with all bytes through both, with the gateway reading the file, and with an nginx before it reading the file.
 * The limit is nginx with sendfile; each round asks all of them in turn.
 */
export function range(): Promise<Measurement[]> {
  return inFolder(async (folder) => {
    const running: { readonly way: Way; stop(): Promise<void> }[] = [];
    try {
      for (const begin of [withNginx, withMedia, proxied, offloaded, withNginxBefore]) {
        running.push(await begin(folder));
      }
      const ways = running.map(({ way }) => way);
      const rates = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
      for (const way of ways) await load(way, WARM_UP, 64 * 1024); // what is compiled on the way is no cost of a range
      for (let round = 0; round < ROUNDS; round++) {
        for (const way of ways) rates.get(way.name)?.push(await rateOf(way));
      }
      const limit = { name: 'nginx sendfile', value: median(rates.get('nginx') ?? []) };
      return ways.slice(1).map(({ name }) => ({
        ...{ case: name, value: median(rates.get(name) ?? []), unit: 'request/cpu-s', limit },
        conditions: {
          load: `${REQUESTS} ranges of 1 MiB, ${CONNECTIONS} connections, a file in the page cache`,
          rounds: `${ROUNDS} in turns, medians`,
        },
      }));
    } finally {
      for (const { stop } of running.reverse()) await stop();
    }
  });
}

async function withNginx(folder: string) {
  await mkdir(join(folder, 'files'));
  const file = await open(join(folder, 'files', 'file'), 'w');
  await file.writeFile(content);
  await file.close();
  const nginx = await startNginx(folder, `root ${folder}/files; sendfile on;`, 403);
  const way: Way = { name: 'nginx', options: { to: placeOf(nginx.url), path: '/file' }, pids: nginx.pids };
  return { way, stop: () => nginx.stop() };
}

async function withMedia() {
  const rig = await openProcessRig(join(root, 'services/media/dist/media.mjs'), { logLevel: 'info' });
  await rig.start();
  const id = await fill(rig);
  const options = {
    to: { path: rig.config.socketPath ?? '' },
    path: `${rig.config.basePath}/videos/${id}/original`,
  };
  const headers = async () => ({ authorization: `Bearer ${await rig.host.token()}` });
  const way: Way = { name: 'direct-1mib', options, headers, pids: [rig.child.pid as number] };
  return { way, stop: () => rig.close() };
}

async function fill(rig: ProcessRig): Promise<string> {
  const tus = { 'tus-resumable': '1.0.0' };
  const { headers } = await rig.call('POST', '/uploads', {
    headers: { ...tus, 'upload-length': String(FILE) },
  });
  const id = String(headers['x-video-id']);
  await rig.call('PATCH', `/uploads/${id}`, {
    headers: { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: content,
  });
  return id;
}

const proxied = () => withGateway('gateway-1mib', 'off');
const offloaded = () => withGateway('offload-1mib', 'on');

/** The product with a file, which is asked by way of its gateway. */
async function withGateway(name: string, offload: string) {
  const product = await startProduct({ env: { PTSDLY_OFFLOAD: offload } });
  const { person, server } = await subscribe(product);
  const upload = await createUpload(person, server, 'file.bin', FILE);
  const answer = await patch(person, upload, 0, content);
  if (answer.status !== 204) throw new Error(`PATCH: ${answer.status}`);
  const notes = join(product.data, 'servers', '.pids');
  const [note = ''] = await readdir(notes);
  const { server: media } = JSON.parse(await readFile(join(notes, note), 'utf8')) as {
    server: { pid: number };
  };
  const path = `${server.url}/videos/${upload.videoId}/original`;
  const headers = async () => ({ cookie: person.cookie });
  const way: Way = {
    name,
    options: { to: placeOf(product.url), path },
    headers,
    pids: [product.pid, media.pid],
  };
  return { way, product, stop: () => product.stop() };
}

/** As docs/nginx.md says it. */
async function withNginxBefore(folder: string) {
  const { way, product, stop } = await withGateway('nginx-offload-1mib', 'nginx:/objects/');
  const { host } = new URL(product.url);
  const servers = join(product.data, 'servers');
  const own = join(folder, 'before');
  await mkdir(own);
  const nginx = await startNginx(
    own,
    'proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; ' +
      `proxy_set_header Host ${host};`,
    200,
    `upstream behind { server ${host}; keepalive 64; }`,
    `location /objects/ { internal; alias ${servers}/; disable_symlinks on from=${servers}/; max_ranges 1; sendfile on; }`,
  );
  const options = { ...way.options, to: placeOf(nginx.url) };
  const stopAll = async () => {
    await nginx.stop();
    await stop();
  };
  return { way: { ...way, options, pids: [...way.pids, ...nginx.pids] }, stop: stopAll };
}

function placeOf(url: string) {
  const { hostname: host, port } = new URL(url);
  return { host, port: Number(port) };
}

/** Requests that are answered for each second of the servers' processor time. */
async function rateOf(way: Way): Promise<number> {
  const before = await processorSeconds(way.pids);
  await load(way, REQUESTS);
  return REQUESTS / ((await processorSeconds(way.pids)) - before);
}

async function load({ options, headers: signed }: Way, count: number, bytes = MIB): Promise<void> {
  const request = { ...options, headers: { ...(await signed?.()) } };
  let left = count;
  const client = async () => {
    const connection = new RangeClient(request);
    while (left-- > 0) await connection.fetch(Math.floor(Math.random() * (FILE / 4096 - 256)) * 4096, bytes);
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
}
