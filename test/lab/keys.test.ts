import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient, identityInternalApi, mediaApi } from '@ptsdly/contract';
import { createServiceTokens, internalPeer, silentLog } from '@ptsdly/kit';
import { decodeProtectedHeader } from 'jose';
import { afterAll, expect, test, vi } from 'vitest';
import { openIdentity } from '../../services/identity/src/service.ts';
import { Person, until } from '../person.ts';
import { main, type Product, startProduct } from '../product.ts';

/** The signing key changes while every service runs, and nobody is refused. */

const SIGNS_AFTER_MS = 5 * 60_000;
const serviceKey = randomBytes(24).toString('base64url');
const authSecret = randomBytes(24).toString('base64url');
const tokens = createServiceTokens('test', new TextEncoder().encode(serviceKey));

let product: Product | undefined;
afterAll(() => product?.stop());

/** An installation whose operator has asked for the next key `ms` ago. */
async function rotatedBefore(data: string, ms: number): Promise<void> {
  const options = { baseUrl: 'http://localhost', secret: authSecret, log: silentLog, tokens };
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - ms });
  const identity = await openIdentity({ ...options, databaseUrl: `sqlite:${join(data, 'identity.db')}` });
  vi.advanceTimersByTime(1);
  const headers = { authorization: `Bearer ${await tokens.sign('identity')}` };
  const url = 'http://localhost/internal/keys/rotate';
  expect((await identity.fetch(new Request(url, { method: 'POST', headers }))).status).toBe(200);
  await identity.close();
  vi.useRealTimers();
}

test('a new key signs, and no service refuses a token meanwhile', { timeout: 180_000 }, async () => {
  const data = await mkdtemp(join(tmpdir(), 'ptsdly-keys-'));
  await rotatedBefore(data, SIGNS_AFTER_MS - 30_000);
  const env = { PTSDLY_DATA: data, PTSDLY_SERVICE_KEY: serviceKey, PTSDLY_AUTH_SECRET: authSecret };
  product = await startProduct({ topology: 'every service apart', env });
  const owner = new Person(product.url);
  await owner.signUp();
  const server = await owner.subscribe();
  const peer = internalPeer('identity', product.addresses.identity ?? '', tokens);
  const identity = createClient(identityInternalApi, peer);
  const kid = async () => {
    const cookie = /(?:^|; )ptsdly=([^;]+)/.exec(owner.cookie)?.[1] ?? '';
    const { token } = await identity.issueToken({ body: { audience: 'links', cookie } });
    return decodeProtectedHeader(token).kid;
  };
  /** One call that every service answers with the token that it was shown. */
  const everywhere = async () => {
    const list = await owner.fetch(`${server.url}${mediaApi.listVideos.path}`);
    expect(list.status).toBe(200);
    await Promise.all([
      owner.identity.me({}),
      owner.links.listLinks({ query: {} }),
      owner.subscriptions.listServers({}),
    ]);
  };
  const first = await kid();
  await everywhere();
  await until(
    async () => {
      await everywhere();
      return kid();
    },
    (now) => now !== first,
    () => 'the new key does not sign',
    90,
  );
  const end = performance.now() + 8000; // the gateway relays a token for five seconds
  while (performance.now() < end) await everywhere();

  const command = ['--disable-warning=ExperimentalWarning', main, 'identity', 'rotate-keys'];
  const { stdout } = await promisify(execFile)(process.execPath, command, { env: product.env });
  expect(stdout).toMatch(/^key [\w-]{43} signs from /);
  const { keys } = (await (await fetch(`${product.url}/api/auth/jwks`)).json()) as { keys: object[] };
  expect(keys).toHaveLength(3);
});
