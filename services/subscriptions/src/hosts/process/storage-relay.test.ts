import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorageRelay, type StorageRelay, storeAddress } from './storage-relay.ts';

describe('the address of a store', () => {
  it.each([
    ['s3://films/a?endpoint=http://store.test:9000', 'store.test', 9000],
    ['s3://films?endpoint=https://store.test', 'store.test', 443],
    ['s3://films?endpoint=http://[::1]', '::1', 80],
    ['s3://films/a?region=ap-northeast-2', 'films.s3.ap-northeast-2.amazonaws.com', 443],
    ['s3://films', 'films.s3.us-east-1.amazonaws.com', 443],
  ])('of %s', (url, host, port) => expect(storeAddress(url)).toEqual({ host, port }));
});

describe('a relay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'));
  const path = join(folder, 'storage.sock');
  const store = createServer(async (incoming, response) => {
    const body = await text(incoming);
    response.end(`${incoming.headers.host} ${incoming.url} ${body.length}`);
  });
  let relay: StorageRelay;
  const open = async () => {
    relay = await openStorageRelay(path, { host: '127.0.0.1', port: (store.address() as AddressInfo).port });
  };
  beforeAll(async () => {
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    await open();
  });
  afterAll(async () => {
    await relay.close();
    store.close();
    rmSync(folder, { recursive: true });
  });

  const put = (host: string, body: string) =>
    new Promise<string>((resolve, reject) => {
      const options = {
        socketPath: path,
        method: 'PUT',
        path: '/x',
        headers: { host },
        agent: false,
      } as const;
      const outgoing = request(options, (response) => text(response).then(resolve, reject));
      outgoing.once('error', reject).end(body);
    });

  it('leads to the store and nowhere else, whatever name is called', async () => {
    expect(await put('store.test', 'x'.repeat(3_000_000))).toBe('store.test /x 3000000');
    expect(await put('169.254.169.254', '')).toBe('169.254.169.254 /x 0');
  });

  it('ends what is open when it closes, and opens again on the same path', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    await relay.close();
    relay = await openStorageRelay(path, { host: '127.0.0.1', port: (silent.address() as AddressInfo).port });
    const asked = put('store.test', '');
    await new Promise((resolve) => silent.once('request', resolve));
    const refused = expect(asked).rejects.toThrow();
    await relay.close();
    await refused;
    silent.close();
    await open();
    expect(await put('store.test', 'y')).toBe('store.test /x 1');
  });

  it('breaks off where the store is away', async () => {
    await relay.close();
    relay = await openStorageRelay(path, { host: '127.0.0.1', port: 1 });
    await expect(put('store.test', '')).rejects.toThrow();
  });
});
