import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { type Listener, type ListenOptions, listen } from './listen.ts';
import { forget, reach } from './reach.ts';
import type { Service } from './service.ts';

const LINGER_MS = 400;
const listeners: Listener[] = [];
const agents: Agent[] = [];
async function open(
  fetch: Service['fetch'],
  more: Pick<ListenOptions, 'lingerMs' | 'keepsIdle' | 'port'> = {},
) {
  const listener = await listen({ fetch }, { drainMs: 5000, ...more });
  listeners.push(listener);
  return listener;
}
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy();
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

async function get(url: string, agent = new Agent()): Promise<IncomingMessage> {
  const request = httpRequest(url, { agent }).end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return answer;
}

test('while it lingers all is served and /readyz says no; then answers on open connections end these', async () => {
  const listener = await open(async () => new Response('here'), { lingerMs: LINGER_MS });
  const kept = new Agent({ keepAlive: true });
  agents.push(kept);
  expect((await get(listener.address, kept)).headers.connection).toBe('keep-alive');
  const closed = listener.close();
  expect((await get(listener.address)).statusCode).toBe(200);
  expect((await get(`${listener.address}/readyz`)).statusCode).toBe(503);
  await expect.poll(() => listener.server.listening).toBe(false);
  const last = await get(listener.address, kept);
  expect(last.statusCode).toBe(200);
  expect(last.headers.connection).toBe('close');
  await expect(get(listener.address, kept)).rejects.toThrow('ECONNREFUSED');
  await closed;
});

test('a write into a connection that was idle when it began to leave is answered, where idle ones are kept', async () => {
  const listener = await open(async (request) => new Response(await request.text()), { keepsIdle: true });
  const kept = new Agent({ keepAlive: true });
  agents.push(kept);
  await get(listener.address, kept);
  const closed = listener.close();
  await expect.poll(() => listener.server.listening).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 50)); // what is idle would be closed by now
  const write = httpRequest(listener.address, { agent: kept, method: 'POST' }).end('written');
  const [answer] = (await once(write, 'response')) as [IncomingMessage];
  expect((await answer.toArray()).join('')).toBe('written');
  await closed;
});

test('a request that was open at the end is answered; who only waits is sent home at once', async () => {
  const gate = Promise.withResolvers<void>();
  const listener = await open(async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/stream') {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from(': hello\n\n')),
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    }
    if (pathname === '/internal/events') await new Promise(() => undefined);
    await gate.promise;
    return new Response('late');
  });
  const opened = Promise.withResolvers<void>();
  let count = 0;
  listener.server.on('request', () => ++count === 3 && opened.resolve());
  const stream = await fetch(`${listener.address}/stream`);
  const poll = fetch(`${listener.address}/internal/events?wait=20`);
  const late = fetch(`${listener.address}/late`);
  await opened.promise;
  const closed = listener.close();
  expect(await stream.text()).toBe(': hello\n\n'); // an end, and no broken connection
  await expect(poll).rejects.toThrow();
  gate.resolve();
  expect(await (await late).text()).toBe('late');
  await closed;
});

test('a peer that restarts fails no call, whatever its method', async () => {
  const answer: Service['fetch'] = async (request) => new Response(await request.text());
  const listener = await open(answer, { lingerMs: LINGER_MS });
  const { address } = listener;
  const port = Number(new URL(address).port);
  const peer = reach(address);
  let calls = 0;
  let over = false;
  const caller = async () => {
    while (!over) {
      const method = calls++ % 2 ? 'POST' : 'PUT';
      const response = await peer.fetch(new Request(address, { method, body: `${calls}` }));
      expect(response.status).toBe(200);
      await response.text();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const callers = Promise.all(Array.from({ length: 8 }, caller));
  await expect.poll(() => calls, { timeout: 20_000 }).toBeGreaterThan(50);
  await listener.close(); // busy connections end with their answers, so that none is cut in use
  const before = calls;
  await open(answer, { port });
  await expect.poll(() => calls, { timeout: 20_000 }).toBeGreaterThan(before + 50);
  over = true;
  await callers;
  forget(address);
});
