import { Problem } from '@ptsdly/contract';
import { createServiceTokens } from '@ptsdly/kit';
import { afterEach, expect, test, vi } from 'vitest';
import type { Exchange } from './exchange.ts';
import { ServerDirectory } from './servers.ts';
import { serviceKey } from './testing/rig.ts';

const found = { id: 's1', slug: 'abc', ownerId: 'u1', state: 'ready', address: 'unix:/a.sock' };
let answer: () => Response | Promise<Response> = () => Response.json(found);
const directory = () =>
  new ServerDirectory({ fetch: async () => answer() }, createServiceTokens('gateway', serviceKey));

const find = async (servers: ServerDirectory) => {
  const exchange = { route: { upstream: 'media' }, params: { slug: 'abc' } } as unknown as Exchange;
  await servers.find(exchange);
  return exchange.server?.address;
};
const later = () => vi.setSystemTime(Date.now() + 60_000);

afterEach(() => {
  vi.useRealTimers();
  answer = () => Response.json(found);
});

test('who watches goes on while the control plane is away', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const servers = directory();
  expect(await find(servers)).toBe('unix:/a.sock');
  answer = () => new Problem('unavailable').toResponse('');
  later();
  expect(await find(servers)).toBe('unix:/a.sock');
});

test('and is not kept waiting by one that does not answer, nor sent away when the server moved meanwhile', async () => {
  const servers = directory();
  await find(servers);
  const exchange = { route: { upstream: 'media' }, params: { slug: 'abc' } } as unknown as Exchange;
  answer = () => new Promise(() => undefined);
  await servers.again(exchange);
  expect(exchange.server?.address).toBe('unix:/a.sock');
  answer = () => new Problem('unavailable').toResponse('');
  await servers.again(exchange);
  expect(exchange.server?.address).toBe('unix:/a.sock');
  answer = () => Response.json({ ...found, address: 'unix:/b.sock' });
  await servers.again(exchange);
  expect(exchange.server?.address).toBe('unix:/b.sock');
});

test('but not when it says that the server is gone, nor when it was never known', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const servers = directory();
  await find(servers);
  answer = () => new Problem('not_found').toResponse('');
  later();
  await expect(find(servers)).rejects.toMatchObject({ code: 'not_found' });
  answer = () => new Problem('unavailable').toResponse('');
  await expect(find(directory())).rejects.toMatchObject({ code: 'unavailable' });
});
