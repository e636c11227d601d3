import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { openRig, openUpstream, type Rig, speak } from './testing/rig.ts';

let rig: Rig | undefined;
let server: Server | undefined;
afterEach(async () => {
  await rig?.close();
  server?.closeAllConnections();
  server?.close();
});

const identity = async (request: Request) => {
  const { subjectToken, cookie } = (await request.json()) as Record<string, string>;
  if (subjectToken !== 'owner' && cookie !== 'good')
    return Response.json({ code: 'unauthenticated' }, { status: 401 });
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  return Response.json({ token: 't', expiresAt, sub: 'u1', sid: 's' });
};
const owner = { authorization: 'Bearer owner' };

/** A media server; answers its address from outside. */
async function open(handler: RequestListener): Promise<string> {
  const upstream = await openUpstream(handler);
  server = upstream.server;
  rig = await openRig({ subscriptions: upstream.subscriptions, identity });
  return `${rig.url}/m/abc`;
}

/** A media server that repeats what it hears, and what it was told of the first who came. */
async function openEcho() {
  const base = await open((_, response) => response.writeHead(426).end());
  const seen: IncomingMessage[] = [];
  const sockets = new WebSocketServer({ server: server as Server });
  sockets.on('connection', (socket, request) => {
    seen.push(request);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return { url: `${base.replace('http', 'ws')}/videos`, seen, sockets };
}

test('a WebSocket is passed both ways, with a token in the place of the credential', async () => {
  const { url, seen, sockets } = await openEcho();
  const client = new WebSocket(url, { headers: { ...owner, 'x-forwarded-for': '6.6.6.6' } });
  await once(client, 'open');
  for (const text of ['one', 'x'.repeat(200_000)]) {
    client.send(text);
    expect(String((await once(client, 'message'))[0])).toBe(text);
  }
  expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer t', 'x-forwarded-for': '127.0.0.1' });
  expect(seen[0]?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  const left = once([...sockets.clients][0] as WebSocket, 'close');
  client.terminate();
  await left; // an abort on one side ends the other
  const again = new WebSocket(url, { headers: owner });
  await once(again, 'open');
  const ended = once(again, 'close');
  for (const each of sockets.clients) each.terminate();
  await ended;
});

test.each([
  ['nobody', {}, 401],
  ['a page of another site', { cookie: 'ptsdly=good', origin: 'http://evil.test' }, 403],
  ['a page without a name', { cookie: 'ptsdly=good' }, 403],
  ['a foreign name', { ...owner, host: 'evil.test' }, 421],
])('a WebSocket of %s is refused as any request is', async (_, headers, status) => {
  const { url, seen } = await openEcho();
  const client = new WebSocket(url, { headers });
  const [, answer] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
  expect(answer.statusCode).toBe(status);
  client.on('error', () => undefined).terminate();
  expect(seen).toEqual([]);
});

test('our own pages open one with their cookie; an upstream that wants none answers as ever', async () => {
  const { url } = await openEcho();
  const client = new WebSocket(url, { headers: { cookie: 'ptsdly=good', origin: 'http://ptsd.test' } });
  await once(client, 'open');
  client.terminate();
  server?.removeAllListeners('upgrade');
  const refused = new WebSocket(url, { headers: owner });
  const [, answer] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage];
  expect(answer.statusCode).toBe(426);
  refused.on('error', () => undefined).terminate();
});

test('an open WebSocket does not keep the gateway from closing', async () => {
  const { url } = await openEcho();
  const client = new WebSocket(url, { headers: owner });
  await once(client, 'open');
  const closed = once(client, 'close');
  await rig?.close();
  rig = undefined;
  await closed;
});

test('another protocol than WebSocket is no way around the checks (h2c smuggling)', async () => {
  const seen: string[] = [];
  const base = await open((request, response) => {
    seen.push(`${request.headers.upgrade} ${request.headers['http2-settings']}`);
    response.end('{}');
  });
  const head =
    'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n';
  const answer = await speak(
    base,
    `GET /m/abc/videos HTTP/1.1\r\nhost: ptsd.test\r\nauthorization: Bearer owner\r\n${head}\r\n`,
    /\r\n\r\n[\s\S]*\}/,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(seen).toEqual(['undefined undefined']);
});

test('an event stream comes event by event, and its end and its reader’s leave are passed on', async () => {
  const events: ((text: string) => void)[] = [];
  const left = Promise.withResolvers<void>();
  const base = await open((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    events.push((text) => (text ? response.write(text) : response.end()));
    request.once('close', () => left.resolve());
  });
  const leave = new AbortController();
  const read = async (signal?: AbortSignal) => {
    const answer = await fetch(`${base}/s/token/events`, signal ? { signal } : {});
    return answer.body
      ?.pipeThrough(new TextDecoderStream())
      .getReader() as ReadableStreamDefaultReader<string>;
  };
  const first = await read(leave.signal);
  for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
    events[0]?.(text);
    expect((await first.read()).value).toBe(text);
  }
  leave.abort();
  await left.promise;
  const second = await read();
  events[1]?.('');
  expect((await second.read()).done).toBe(true);
});

const CHUNK = Buffer.alloc(64 * 1024);
/** More than all buffers between the two ends, of which the system’s are the largest. */
const MUCH = 64 * 1024 * 1024;

test('a reader that does not read holds its upstream back', async () => {
  let written = 0;
  const base = await open((_, response) => {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': MUCH });
    const write = () => {
      while (written < MUCH) {
        written += CHUNK.length;
        if (!response.write(CHUNK)) return void response.once('drain', write);
      }
    };
    write();
  });
  const { hostname, port } = new URL(base);
  const socket = connect(Number(port), hostname);
  socket.write('GET /m/abc/s/token/v0/1.m4s HTTP/1.1\r\nhost: ptsd.test\r\n\r\n');
  await once(socket, 'readable');
  await settles(() => written);
  expect(written).toBeLessThan(MUCH / 2);
  let got = 0;
  socket.on('data', (data) => {
    got += data.length;
  });
  await expect.poll(() => got, { timeout: 20_000 }).toBeGreaterThan(MUCH);
  socket.destroy();
});

test('an upstream that does not read holds the sender back', async () => {
  const go = Promise.withResolvers<void>();
  let got = 0;
  const base = await open((request, response) => {
    void go.promise.then(() =>
      request.on('data', (data) => {
        got += data.length;
      }),
    );
    request.on('end', () => response.writeHead(204).end());
  });
  const request = httpRequest(`${base}/uploads/u1`, {
    method: 'PATCH',
    headers: { ...owner, 'content-length': MUCH },
  });
  let written = 0;
  const write = () => {
    while (written < MUCH) {
      written += CHUNK.length;
      if (!request.write(CHUNK)) return void request.once('drain', write);
    }
    request.end();
  };
  write();
  await settles(() => request.socket?.bytesWritten ?? 0);
  expect(written).toBeLessThan(MUCH / 2);
  go.resolve();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(204);
  expect(got).toBe(MUCH);
});

/** Resolves when a figure that has moved stands still. */
async function settles(read: () => number): Promise<void> {
  let last = -1;
  await expect
    .poll(
      () => {
        const still = read() === last && last > 0;
        last = read();
        return still;
      },
      { interval: 200, timeout: 20_000 },
    )
    .toBe(true);
}
