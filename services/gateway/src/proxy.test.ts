import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openRig, openUpstream, type Rig, speak } from './testing/rig.ts';

let rig: Rig | undefined;
let server: Server | undefined;
afterEach(async () => {
  await rig?.close();
  server?.closeAllConnections();
  server?.close();
});

async function open(handler: RequestListener): Promise<string> {
  const upstream = await openUpstream(handler);
  server = upstream.server;
  const identity = () =>
    Response.json({
      token: 't',
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
      sub: 'u1',
      sid: 's',
    });
  rig = await openRig({ subscriptions: upstream.subscriptions, identity });
  return `${rig.url}/m/abc`;
}

const owner = { authorization: 'Bearer owner' };

test('bytes stream both ways', async () => {
  const base = await open((request, response) => {
    response.setHeader('content-type', 'application/octet-stream');
    request.pipe(response);
  });
  const sent = Buffer.alloc(3_000_000, 'abcdefg');
  const response = await fetch(`${base}/uploads/u1`, { method: 'PATCH', headers: owner, body: sent });
  expect(Buffer.from(await response.arrayBuffer()).equals(sent)).toBe(true);
});

test('nothing that a browser would run or obey comes from a tenant', async () => {
  const base = await open((request, response) => {
    const types: Record<string, string> = { page: 'text/html', list: 'application/json;x=1, text/html' };
    const type = types[request.url?.split('/').at(-1) ?? ''] ?? 'video/mp4';
    response.writeHead(200, {
      'content-type': type,
      'set-cookie': 'ptsdly=stolen',
      'clear-site-data': '"*"',
      'service-worker-allowed': '/',
    });
    response.end('x');
  });
  const segment = await fetch(`${base}/s/token/v0/1.m4s`);
  expect(segment.status).toBe(200);
  expect(segment.headers.get('set-cookie')).toBeNull();
  expect(segment.headers.get('clear-site-data')).toBeNull();
  expect(segment.headers.get('service-worker-allowed')).toBeNull();
  expect(segment.headers.get('x-content-type-options')).toBe('nosniff');
  expect(segment.headers.get('content-security-policy')).toContain('sandbox');
  expect((await fetch(`${base}/s/token/page`)).status).toBe(502);
  expect((await fetch(`${base}/s/token/list`)).status).toBe(502); // a browser takes the last of several types
});

test('an answer that breaks off is never finished cleanly', async () => {
  const base = await open((_, response) => {
    response.writeHead(200, { 'content-type': 'video/mp4' });
    response.write('half', () => response.destroy());
  });
  const answer = await fetch(`${base}/s/token/v0/1.m4s`);
  await expect(answer.arrayBuffer()).rejects.toThrow();
});

test('a client that leaves ends the upstream request, before and during the answer', async () => {
  let arrived: (request: IncomingMessage) => void = () => undefined;
  const base = await open((request, response) => {
    if (request.url?.endsWith('slow')) {
      response.writeHead(200, { 'content-type': 'video/mp4' });
      response.write('x');
    }
    arrived(request);
  });
  for (const path of ['silent', 'slow']) {
    const reached = new Promise<IncomingMessage>((resolve) => {
      arrived = resolve;
    });
    const leave = new AbortController();
    const gone = fetch(`${base}/s/token/${path}`, { signal: leave.signal }).then((answer) => answer.text());
    const request = await reached;
    const closed = once(request.socket, 'close');
    leave.abort();
    await expect(gone).rejects.toThrow();
    await closed;
  }
});

test('a client that has left before its token came is not sent on', async () => {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const upstream = await openUpstream((_, response) => response.end('{}'));
  server = upstream.server;
  let connections = 0;
  server.on('connection', () => connections++);
  const identity = async () => {
    asked.resolve();
    await gate.promise;
    return Response.json({ token: 't', expiresAt: new Date().toISOString(), sub: 'u1', sid: 's' });
  };
  rig = await openRig({ subscriptions: upstream.subscriptions, identity });
  const client = httpRequest(`${rig.url}/m/abc/uploads/u1`, {
    method: 'PATCH',
    headers: { ...owner, 'content-length': '10' },
  });
  client.on('error', () => undefined).write('half');
  await asked.promise;
  client.destroy();
  await fetch(`${rig.url}/m/abc/s/token/v0.m3u8`); // by now the gateway knows that the client has left
  gate.resolve();
  await fetch(`${rig.url}/m/abc/s/token/v0.m3u8`);
  expect(connections).toBe(1);
});

test.each([
  ['an upstream', owner],
  ['the gateway itself', { cookie: 'ptsdly=x', origin: 'http://evil.test' }],
])('an early refusal by %s reaches a client that is still sending', async (_, headers) => {
  const base = await open((_, response) => {
    response.writeHead(403, { 'content-type': 'application/problem+json' });
    response.end('{"code":"forbidden"}');
  });
  for (let i = 0; i < 10; i++) {
    const request = httpRequest(`${base}/uploads`, {
      method: 'POST',
      headers: { ...headers, 'transfer-encoding': 'chunked' },
    });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    const pump = setInterval(() => request.write(Buffer.alloc(64 * 1024)), 1);
    const [response] = await answered.finally(() => clearInterval(pump));
    expect(response.statusCode).toBe(403);
    request.on('error', () => undefined); // the connection ends while we still write
    request.destroy();
  }
});

test('Expect: 100-continue is the upstream server’s to answer', async () => {
  let asked = 0;
  const base = await open((request, response) => {
    if (request.headers['x-refuse']) {
      response.writeHead(413, { 'content-type': 'application/problem+json', connection: 'close' }).end('{}');
      return;
    }
    asked++;
    response.writeContinue();
    request.resume();
    request.on('end', () => response.writeHead(204).end());
  });
  const head = (extra: string) =>
    `POST /m/abc/uploads HTTP/1.1\r\nhost: ptsd.test\r\nauthorization: Bearer o\r\nexpect: 100-continue\r\ncontent-length: 4\r\n${extra}\r\n`;
  const refused = await speak(base, head('x-refuse: 1\r\n'), /413[\s\S]*\r\n\r\n/);
  expect(refused).not.toContain('100 Continue');
  const accepted = await speak(base, `${head('')}body`, /204/);
  expect(accepted).toContain('100 Continue');
  expect(asked).toBe(1);
});

test.each([
  ['two lengths', 'content-length: 3\r\ncontent-length: 4\r\n'],
  ['a length and chunks', 'content-length: 3\r\ntransfer-encoding: chunked\r\n'],
])('refuses a request with %s', async (_, framing) => {
  const base = await open((request, response) => {
    request.resume();
    response.end();
  });
  const answer = await speak(base, `POST /m/abc/uploads HTTP/1.1\r\nhost: ptsd.test\r\n${framing}\r\nabc`);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

test.each(['content-length', 'Keep-Alive, Content-Length', 'expect'])(
  'refuses to drop `%s` as a header of the connection: what follows would be a request that nobody checked',
  async (option) => {
    const seen: string[] = [];
    const base = await open((request, response) => {
      seen.push(request.url ?? '');
      request.resume();
      response.end('{}');
    });
    const smuggled = 'GET /internal/events HTTP/1.1\r\nhost: ptsd.test\r\n\r\n';
    const head = `GET /m/abc/s/token/v0.m3u8 HTTP/1.1\r\nhost: ptsd.test\r\nconnection: ${option}\r\n`;
    const answer = await speak(
      base,
      `${head}content-length: ${smuggled.length}\r\n\r\n${smuggled}`,
      /\r\n\r\n.*\}/,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    await fetch(`${base}/s/token/v0.m3u8`);
    expect(seen).toEqual(['/m/abc/s/token/v0.m3u8']);
  },
);

test('a reader is retried while its server restarts; a writer is told', async () => {
  const base = await open((_, response) => response.end());
  const { port } = (server as Server).address() as AddressInfo;
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  const write = await fetch(`${base}/uploads`, { method: 'POST', headers: owner });
  expect(write.status).toBe(503);
  expect(write.headers.get('retry-after')).toBe('2');
  const read = fetch(`${base}/s/token/v0/1.m4s`);
  server?.listen(port, '127.0.0.1');
  expect((await read).status).toBe(200);
});
