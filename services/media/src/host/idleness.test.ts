import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostGone } from './host-watch.ts';
import { Idleness } from './idleness.ts';

const IDLE_MS = 120;
let asked: (Date | null)[] = [];
const state: { busy: boolean; due: Date | null; refuses: boolean } = {
  busy: false,
  due: null,
  refuses: false,
};
let idleness: Idleness;
const open: ServerResponse[] = [];
const server = createServer((request, response) => {
  idleness.watch(request, response);
  if (request.url === '/slow' || request.url?.endsWith('/events')) {
    response.flushHeaders();
    open.push(response);
  } else response.end();
});

beforeEach(async () => {
  asked = [];
  Object.assign(state, { busy: false, due: null, refuses: false });
  idleness = new Idleness({
    idleMs: IDLE_MS,
    isBusy: () => state.busy,
    nextDueAt: () => state.due,
    askForSleep: async (next) => {
      asked.push(next);
      if (state.refuses) throw new Error('not now');
    },
    log: silentLog,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  idleness.close();
  for (const response of open.splice(0)) response.end();
  await new Promise((resolve) => server.close(resolve));
});

async function request(path: string): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  const [response] = await once(get({ port, path, agent: false }), 'response');
  return (response as IncomingMessage).resume();
}

/** As long as it takes until a server that may sleep has asked. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, IDLE_MS * 3));

test('it asks for sleep when nobody uses it; event streams are no use', async () => {
  await request('/m/x/s/token/events');
  idleness.start();
  await expect.poll(() => idleness.isAsleep).toBe(true);
  expect(asked).toEqual([null]);
  await request('/m/x/videos');
  expect(idleness.isAsleep).toBe(false);
});

test.each([
  ['a request is open', () => request('/slow')],
  ['a job runs', () => Object.assign(state, { busy: true })],
  ['a job is due soon', () => Object.assign(state, { due: new Date(Date.now() + IDLE_MS) })],
])('it does not ask while %s', async (_, keep) => {
  await keep();
  idleness.start();
  await aWhile();
  expect(asked).toEqual([]);
});

test('it says when it has something to do, and asks again when it was refused', async () => {
  Object.assign(state, { due: new Date(Date.now() + 3_600_000), refuses: true });
  idleness.start();
  await expect.poll(() => asked.length).toBeGreaterThan(1);
  expect(asked[0]).toEqual(state.due);
  expect(idleness.isAsleep).toBe(false);
});

test('a host is gone when nobody has listened for so long, and not before', async () => {
  const { port } = server.address() as AddressInfo;
  let gone = false;
  const watch = hostGone(`http://127.0.0.1:${port}`, 0.4).then(() => {
    gone = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 900));
  expect(gone).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  await watch;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
