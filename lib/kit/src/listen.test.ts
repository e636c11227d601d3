import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Listener, listen } from './listen.ts';

let listener: Listener;
beforeEach(async () => {
  listener = await listen({ fetch: async (request) => new Response(await request.text()) }, { drainMs: 100 });
});
afterEach(async () => {
  vi.useRealTimers();
  await listener.close();
});

async function send(text: string): Promise<Socket> {
  const socket = connect(Number(new URL(listener.address).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

const post = (more: string) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n${more}\r\n`;

test('who expects to be asked for the body is asked', async () => {
  const socket = await send(post('Expect: 100-continue\r\n'));
  expect(String((await once(socket, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  socket.write('body');
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
  socket.destroy();
});

test('who never sends the body that was announced is cut off', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const arrived = once(listener.server, 'request');
  const socket = await send(`${post('')}bo`);
  await arrived;
  const closed = once(socket, 'close');
  socket.on('error', () => undefined);
  vi.advanceTimersByTime(30_000);
  await closed;
});

test('a connection on which nothing moves is not kept for ever', () => {
  expect(listener.server.timeout).toBe(120_000);
});
