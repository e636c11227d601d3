import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.ts';
import { openRig, type Rig, upstreamAddress } from './testing/rig.ts';

let rig: Rig | undefined;
let server: Server | undefined;
afterEach(async () => {
  await rig?.close();
  server?.closeAllConnections();
  server?.close();
  rig = server = undefined;
});

const patience = { web: { answerMs: 200, holdMs: 3000 }, links: { answerMs: 200, holdMs: 100 } };

/** The gateway follows the feeds of identity as well. */
const isFeed = ({ url }: IncomingMessage) => url?.startsWith('/internal/');

/** Web behind a socket, as this handler. */
async function openWeb(handler: RequestListener): Promise<string> {
  server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = upstreamAddress(server);
  rig = await openRig({}, undefined, { web: address, patience });
  return rig.url;
}

const metric = async (name: RegExp) => {
  const answer = await rig?.gateway.fetch(new Request('http://gateway/metrics'));
  return (await answer?.text())?.split('\n').filter((line) => name.test(line)) ?? [];
};

test('an upstream that does not answer in time is a 504, and no time runs while the body still comes', async () => {
  const url = await openWeb((request, response) => {
    if (request.url !== '/app/slow') response.end('page');
  });
  expect((await fetch(`${url}/app/slow`)).status).toBe(504);
  expect((await fetch(`${url}/app`)).status).toBe(200);
});

test('an upstream that hangs is not asked again until one request has found it well', async () => {
  let hangs = true;
  let asked = 0;
  const url = await openWeb((_, response) => {
    asked++;
    if (!hangs) response.end('page');
  });
  const status = async () => (await fetch(`${url}/app`)).status;
  expect(await Promise.all([1, 2, 3, 4, 5].map(status))).toEqual([504, 504, 504, 504, 504]);
  const before = asked;
  const refused = await fetch(`${url}/app`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('2');
  expect(asked).toBe(before);
  expect(await metric(/^gateway_circuits_open.*web/)).toEqual([expect.stringMatching(/ 1$/)]);
  hangs = false;
  await expect.poll(status, { timeout: 10_000, interval: 50 }).toBe(200);
  expect(await metric(/^gateway_circuits_open.*web/)).toEqual([expect.stringMatching(/ 0$/)]);
});

test('nobody is kept from an upstream because one request after another fails at its own fault', async () => {
  const url = await openWeb((_, response) => response.writeHead(500).end());
  for (let i = 0; i < 8; i++) expect((await fetch(`${url}/app`)).status).toBe(500);
});

test('every request waits while its upstream restarts, whatever its method', async () => {
  const seen: string[] = [];
  const handler: RequestListener = (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      if (!isFeed(request)) seen.push(`${request.method} ${body}`);
      response.end('{"items":[],"next":0}');
    });
  };
  server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const address = upstreamAddress(server);
  rig = await openRig({}, undefined, {
    web: address,
    identity: address,
    patience: { identity: patience.web },
  });
  server.close();
  await once(server, 'close');
  const signIn = fetch(`${rig.url}/api/auth/sign-in/email`, { method: 'POST', body: '{"a":1}' });
  const page = fetch(`${rig.url}/app`);
  await expect.poll(() => metric(/^gateway_retries_total.*unreached.* [1-9]/)).toHaveLength(2);
  server = createServer(handler).listen(port, '127.0.0.1');
  expect((await signIn).status).toBe(200);
  expect((await page).status).toBe(200);
  expect(seen.sort()).toEqual(['GET ', 'POST {"a":1}']);
});

test('whoever stays away is 503 in the end', async () => {
  rig = await openRig({}, undefined, { links: 'http://127.0.0.1:1', patience });
  const answer = await fetch(`${rig.url}/api/links/abc/open`, { method: 'POST' });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('1');
});

test('what broke off is asked for again where that does no harm, and not without end', async () => {
  const seen: (string | undefined)[] = [];
  server = createServer((request) => {
    if (['/app', '/api/auth/sign-in/email'].includes(request.url ?? '')) seen.push(request.method);
    request.socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = upstreamAddress(server);
  rig = await openRig({}, undefined, { web: address, identity: address });
  expect((await fetch(`${rig.url}/app`)).status).toBe(503);
  expect(seen).toEqual(['GET', 'GET', 'GET']);
  const post = await fetch(`${rig.url}/api/auth/sign-in/email`, { method: 'POST', body: '{}' });
  expect(post.status).toBe(503);
  expect(seen).toEqual(['GET', 'GET', 'GET', 'POST']);
  for (let i = 0; i < 5; i++) await fetch(`${rig.url}/app`);
  expect(seen.length).toBeLessThan(4 + 5 * 3); // the budget ends before the patience of all of them
});

test('latency is told by route and upstream', async () => {
  const url = await openWeb(async (_, response) => {
    await sleep(1);
    response.end('page');
  });
  await fetch(`${url}/app/videos?secret=1`);
  expect(await metric(/^gateway_upstream_answer_seconds_count.*route="\/app\/\*"/)).toHaveLength(1);
  const [line] = await metric(/^http_request_duration_seconds_count.*upstream="web"/);
  expect(line).toMatch(/route="\/app\/\*".* 1$/);
  expect((await metric(/secret/)).length).toBe(0);
});

test('a budget of retries is a part of the requests', () => {
  const budget = new RetryBudget();
  const spend = () => Array.from({ length: 100 }, () => budget.spend()).filter(Boolean).length;
  expect(spend()).toBe(10);
  for (let i = 0; i < 50; i++) budget.earn();
  expect(spend()).toBeGreaterThanOrEqual(4);
  expect(spend()).toBe(0);
});
