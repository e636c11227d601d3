import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type FakeS3, startFakeS3 } from '@ptsdly/media/testing/s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, password, until } from '../person.ts';
import { type Product, root, startProduct } from '../product.ts';
import { createUpload, patch, sha256 } from '../tus.ts';

/** The real product with its videos in S3: a subscriber notices nothing of it, nor of a move. */

const SIZE = 9 * 1024 * 1024;
const bytes = new Uint8Array(SIZE).map((_, i) => (i * 7919) % 251);
const run = promisify(execFile);

let s3: FakeS3;
let product: Product;
let env: Record<string, string>;
beforeAll(async () => {
  s3 = await startFakeS3();
  env = {
    PTSDLY_STORAGE: s3.url,
    PTSDLY_STORAGE_KEY: 'key:very-secret',
  };
  product = await startProduct({ env });
});
afterAll(async () => {
  await product?.stop();
  await s3?.close();
});

/** The network that the process of a media server sees. */
async function namespaceOf(serverId: string): Promise<string> {
  const note = await readFile(join(product.data, 'servers', '.pids', serverId), 'utf8');
  const { server } = JSON.parse(note) as { server: { pid: number } };
  return readlink(`/proc/${server.pid}/ns/net`);
}

const operator = async (...args: string[]) => {
  const main = join(root, 'ptsdly/src/main.ts');
  const command = ['--disable-warning=ExperimentalWarning', main, ...args];
  const { stdout } = await run(process.execPath, command, {
    env: { ...process.env, ...env, PTSDLY_DATA: product.data },
  });
  return stdout;
};
const listed = (words: string) =>
  until(
    () => operator('servers'),
    (text) => text.includes(words),
    (text) => text,
    60,
  );

test('an upload goes to S3, home again by command, and out of S3 with its account', {
  timeout: 90_000,
}, async () => {
  const owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const upload = await createUpload(owner, server, 'noise.bin', SIZE);
  expect((await patch(owner, upload, 0, bytes)).status).toBe(204);
  const key = `tenant/${server.id}/${upload.videoId}/original`;
  await until(
    async () => s3.objects.get(key)?.length ?? 0,
    (size) => size === SIZE,
    () => 'it did not come to S3',
  );
  const download = async () => {
    const answer = await owner.fetch(`${server.url}/videos/${upload.videoId}/original`);
    return sha256(new Uint8Array(await answer.arrayBuffer()));
  };
  await until(
    () => listed('remote'),
    (text) => !text.includes('still'),
    (text) => text,
  );
  expect(await download()).toBe(sha256(bytes));
  const isWalled = !(await product.log()).includes('bubblewrap does not work');
  if (isWalled) expect(await namespaceOf(server.id)).not.toBe(await readlink('/proc/self/ns/net'));

  expect(await operator('servers', 'move', server.slug, 'local')).toContain('local');
  await until(
    async () => s3.objects.size,
    (size) => size === 0,
    (size) => `${size} objects are left`,
    60,
  );
  await owner.ready(server.id);
  expect(await download()).toBe(sha256(bytes));

  expect(await operator('servers', 'move', server.id, 'remote')).toContain('remote');
  await until(
    async () => s3.objects.has(key),
    Boolean,
    () => 'it did not come back to S3',
    60,
  );
  await owner.ready(server.id);
  await owner.identity.deleteMe({ body: { password } });
  await until(
    async () => s3.objects.size,
    (size) => size === 0,
    (size) => `${size} objects outlive their owner`,
    60,
  );
  expect(await product.log()).not.toContain('very-secret');
});
