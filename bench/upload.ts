import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { join } from 'node:path';
import { openProcessRig, type ProcessRig } from '@ptsdly/media/testing/process';
import { root } from '../test/product.ts';
import { freeBytes, inFolder } from './folder.ts';
import { startNginx } from './nginx.ts';
import { processorSeconds } from './processor.ts';
import { type Measurement, median } from './report.ts';

const BYTES = 2 ** 30;
const CHUNK = 8 * 2 ** 20;
const ROUNDS = 3;
/** The file, what is left of the last one, and what the page cache has not written. */
const ROOM = 4 * BYTES;

/** What one upload cost: seconds by the clock, and of the server's processor. */
interface Cost {
  readonly seconds: number;
  readonly processor: number;
}

/** Bytes that are not all the same, written over and over. */
const piece = Buffer.alloc(2 ** 20);
for (let at = 0; at < piece.length; at += 4) piece.writeInt32LE(Math.imul(at + 1, 0x9e3779b1), at);

/**
 * 1 GiB to the disk: by tus, in chunks and in one request, to the media program as it is shipped, which hashes the
 * file on the way; and the same bytes by PUT to nginx. One way after the other in each round.
 */
export async function upload(): Promise<Measurement[]> {
  if ((await freeBytes()) < ROOM) throw new Error(`it needs ${ROOM / 1e9} GB of free disk`);
  return inFolder(async (folder) => {
    await mkdir(join(folder, 'files'));
    const nginx = await startNginx(folder, putLocation(folder), 403);
    const program = join(root, 'services/media/dist/media.mjs');
    const rig = await openProcessRig(program, { quotaBytes: 100 * BYTES, logLevel: 'info' });
    try {
      await rig.start();
      const pid = rig.child.pid as number;
      const ways = {
        put: () => cost(nginx.pids, () => put(`${nginx.url}/file`)),
        chunks: () => cost([pid], () => tus(rig, CHUNK)),
        whole: () => cost([pid], () => tus(rig, BYTES)),
      };
      const costs: Record<keyof typeof ways, Cost[]> = { put: [], chunks: [], whole: [] };
      for (let round = 0; round < ROUNDS; round++) {
        for (const way of ['put', 'chunks', 'whole'] as const) costs[way].push(await ways[way]());
      }
      return [
        compared('tus-8mib-sha256', costs.chunks, costs.put),
        compared('tus-one-request-sha256', costs.whole, costs.put),
      ];
    } finally {
      await rig.close();
      await nginx.stop();
    }
  });
}

const putLocation = (folder: string) =>
  `root ${folder}/files; dav_methods PUT; client_max_body_size 0; client_body_temp_path ${folder}/files;`;

function compared(name: string, ours: readonly Cost[], theirs: readonly Cost[]): Measurement {
  const rate = (costs: readonly Cost[]) =>
    `${Math.round(BYTES / 1e6 / median(costs.map(({ seconds }) => seconds)))} MB/s`;
  return {
    case: name,
    value: perGigabyte(ours),
    unit: 'cpu-s/GB',
    limit: { name: 'nginx PUT', value: perGigabyte(theirs) },
    conditions: {
      file: '1 GiB, SHA-256 of the whole, media process only, on its Unix socket',
      rounds: `${ROUNDS} in turns, medians`,
      pace: `${rate(ours)}, nginx ${rate(theirs)}`,
    },
  };
}

const perGigabyte = (costs: readonly Cost[]) =>
  median(costs.map(({ processor }) => processor)) / (BYTES / 1e9);

async function cost(pids: readonly number[], work: () => Promise<void>): Promise<Cost> {
  const [begun, before] = [performance.now(), await processorSeconds(pids)];
  await work();
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, processor: (await processorSeconds(pids)) - before };
}

function put(url: string): Promise<void> {
  return send(request(url, { method: 'PUT', headers: { 'content-length': BYTES } }), BYTES);
}

/** One upload in chunks of so many bytes, its end included; the video is deleted again. */
async function tus(rig: ProcessRig, chunk: number): Promise<void> {
  const TUS = { 'tus-resumable': '1.0.0' };
  const created = await rig.call('POST', '/uploads', { headers: { ...TUS, 'upload-length': String(BYTES) } });
  const id = String(created.headers['x-video-id']);
  const authorization = `Bearer ${await rig.host.token()}`;
  const options: RequestOptions = {
    socketPath: rig.config.socketPath,
    method: 'PATCH',
    path: `${rig.config.basePath}/uploads/${id}`,
  };
  for (let offset = 0; offset < BYTES; offset += chunk) {
    const headers = {
      ...TUS,
      authorization,
      'content-type': 'application/offset+octet-stream',
      'upload-offset': offset,
      'content-length': chunk,
    };
    await send(request({ ...options, headers }), chunk);
  }
  await rig.client.deleteVideo({ params: { id } });
}

/** Writes a body of so many bytes as fast as it is taken; resolves at the end of the answer. */
async function send(outgoing: ClientRequest, bytes: number): Promise<void> {
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  for (let sent = 0; sent < bytes; sent += piece.length) {
    if (!outgoing.write(piece)) await once(outgoing, 'drain');
  }
  outgoing.end();
  const [response] = await answered;
  response.resume();
  await once(response, 'end');
  if ((response.statusCode ?? 500) >= 300) throw new Error(`the server answered ${response.statusCode}`);
}
