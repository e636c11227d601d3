import { randomBytes } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { libraryApi } from '@ptsdly/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch, sha256 } from '../tus.ts';
import { type Radosgw, startRadosgw } from './radosgw.ts';

/** The real product on a real S3 store: media servers in sandboxes without network, before and after a crash. */

const SIZE = 20_000_000;
let s3: Radosgw;
let product: Product;
beforeAll(async () => {
  s3 = await startRadosgw();
  const { accessKeyId, secretAccessKey } = s3.keys;
  const env = { PTSDLY_STORAGE: s3.url, PTSDLY_STORAGE_KEY: `${accessKeyId}:${secretAccessKey}` };
  product = await startProduct({ env });
}, 300_000);
afterAll(async () => {
  await product?.stop();
  await s3?.stop();
});

/** The network that the process of a media server sees. */
async function namespaceOf(serverId: string): Promise<string> {
  const note = await readFile(join(product.data, 'servers', '.pids', serverId), 'utf8');
  const { server } = JSON.parse(note) as { server: { pid: number } };
  return readlink(`/proc/${server.pid}/ns/net`);
}

test('an upload goes to the store and comes from there, through the socket of its host', async () => {
  if ((await product.log()).includes('bubblewrap does not work')) return; // said in the log, and by isolation.test.ts
  const owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const bytes = new Uint8Array(randomBytes(SIZE));
  const upload = await createUpload(owner, server, 'noise.bin', SIZE);
  expect((await patch(owner, upload, 0, bytes)).status).toBe(204);
  const folder = join(product.data, 'servers', server.id, 'objects', upload.videoId);
  const moved = () =>
    until(
      (): Promise<string[]> => readdir(folder).catch(() => []),
      (names) => !names.includes('original'),
      () => 'it did not go to S3',
      60,
    );
  await moved();
  expect(await namespaceOf(server.id)).not.toBe(await readlink('/proc/self/ns/net'));
  const download = async () => {
    const answer = await owner.fetch(`${server.url}/videos/${upload.videoId}/original`);
    return sha256(new Uint8Array(await answer.arrayBuffer()));
  };
  expect(await download()).toBe(sha256(bytes));

  await product.crash('all'); // the next control plane opens the socket again for the server that goes on
  await until(download, (hash) => hash === sha256(bytes), String, 60);
  const { url, headers } = await owner
    .call(libraryApi, server.url)
    .directRead({ params: { id: upload.videoId }, body: { start: 10, end: 1000 } });
  const direct = await fetch(url, { headers });
  expect(Buffer.from(await direct.arrayBuffer()).equals(bytes.subarray(10, 1000))).toBe(true);
});
