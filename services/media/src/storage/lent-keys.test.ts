import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLog } from '@ptsdly/kit';
import { expect, test } from 'vitest';
import { openS3Storage } from './s3/s3.ts';

test('keys that are lent are asked for again before they expire, and the owner of the bucket stands in every call', async () => {
  const calls: { readonly key: string | undefined; readonly owner: unknown }[] = [];
  const server = createServer(({ headers }, response) => {
    const key = /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1];
    calls.push({ key, owner: headers['x-amz-expected-bucket-owner'] });
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const lifetimes = [60_000, 3_600_000]; // the first is as good as over
  let lent = 0;
  const keys = async () => {
    const expiration = new Date(Date.now() + (lifetimes[lent++] ?? 3_600_000));
    return { accessKeyId: `KEY${lent}`, secretAccessKey: 'secret', sessionToken: 'token', expiration };
  };
  const url = `s3://bucket/prefix?endpoint=http://127.0.0.1:${port}&owner=123456789012`;
  const storage = openS3Storage(url, { keys, log: silentLog });
  try {
    for (const name of ['a', 'b', 'c']) await storage.remove(name);
    expect(calls.map(({ owner }) => owner)).toEqual(Array(3).fill('123456789012'));
    expect(calls.at(-1)?.key).toBe('KEY2');
    expect(lent).toBe(2);
  } finally {
    await storage.close();
    server.closeAllConnections();
    server.close();
  }
});
