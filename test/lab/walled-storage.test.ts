import { randomBytes } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { controlApi, createClient, libraryApi } from '@ptsdly/contract';
import { reach } from '@ptsdly/kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, until } from '../person.ts';
import { type Product, startProduct } from '../product.ts';
import { createUpload, patch, sha256 } from '../tus.ts';
import { type Radosgw, startRadosgw } from './radosgw.ts';

/**
 * The real product on a real S3 store: media servers in sandboxes without network, before and after a crash, with keys
 * that are lent to each for its own prefix.
 */

const SIZE = 20_000_000;
let s3: Radosgw;
let product: Product;
beforeAll(async () => {
  s3 = await startRadosgw();
  const { accessKeyId, secretAccessKey } = s3.keys;
  const url = `${s3.url}&role=${encodeURIComponent(await s3.makeRole())}`;
  const env = { PTSDLY_STORAGE: url, PTSDLY_STORAGE_KEY: `${accessKeyId}:${secretAccessKey}` };
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

  await keepsToItself(server.id, upload.videoId, bytes);
});

/** What a hostile server can do from inside: borrow keys at its control socket, and speak S3 through its relay. */
async function inside(serverId: string) {
  const folder = join(product.data, 'servers', serverId);
  const config = await readFile(join(folder, 'config.json'), 'utf8');
  const { controlAddress, storageSocket } = JSON.parse(config) as Record<string, string>;
  const { fetch: call, baseUrl } = reach(String(controlAddress));
  const { expiresAt: _, ...credentials } = await createClient(controlApi, {
    ...{ fetch: call, baseUrl },
  }).storageKeys({});
  const client = new S3Client({
    ...{ endpoint: s3.endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 },
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
    requestHandler: { httpAgent: throughSocket(String(storageSocket)) },
  });
  return { config, client };
}

/** An agent whose every connection is one to a Unix socket. */
function throughSocket(path: string): Agent {
  const agent = new Agent({ keepAlive: false });
  agent.createConnection = () => connect(path);
  return agent;
}

async function keepsToItself(serverId: string, videoId: string, bytes: Uint8Array): Promise<void> {
  const stranger = new Person(product.url);
  await stranger.signUp();
  const other = await stranger.subscribe();
  const [own, others] = [await inside(serverId), await inside(other.id)];
  for (const { config } of [own, others]) {
    expect(config).not.toContain(s3.keys.secretAccessKey);
    expect(JSON.parse(config)).toMatchObject({ lentKeys: true });
  }
  const Bucket = 'lab';
  const Key = `${serverId}/${videoId}/original`;
  const got = await own.client.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=0-99' }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(bytes.subarray(0, 100))).toBe(
    true,
  );
  const attempts = [
    new GetObjectCommand({ Bucket, Key }),
    new HeadObjectCommand({ Bucket, Key }),
    new ListObjectsV2Command({ Bucket, Prefix: `${serverId}/` }),
    new ListObjectsV2Command({ Bucket }),
    new ListMultipartUploadsCommand({ Bucket }),
    new PutObjectCommand({ Bucket, Key: `${serverId}/${videoId}/poster`, Body: 'mine now' }),
    new PutObjectCommand({ Bucket, Key: `${other.id}-else/x`, Body: 'beside it' }),
    new DeleteObjectCommand({ Bucket, Key }),
    new CopyObjectCommand({ Bucket, Key: `${other.id}/v/original`, CopySource: `${Bucket}/${Key}` }),
  ];
  for (const attempt of attempts) {
    const refused = others.client.send(attempt as GetObjectCommand);
    await expect(refused, attempt.constructor.name).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
  }
  const listed = await own.client.send(new ListObjectsV2Command({ Bucket, Prefix: `${serverId}/` }));
  expect(listed.Contents?.map((one) => one.Key)).toContain(Key);
}
