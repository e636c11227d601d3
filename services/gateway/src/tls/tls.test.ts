import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import { type ClientHttp2Session, connect as connect2 } from 'node:http2';
import { get as getSecure } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { type Listener, listen, silentLog } from '@ptsdly/kit';
import { openNotes } from '@ptsdly/kv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { openRig, openUpstream, type Rig, speak } from '../testing/rig.ts';
import { selfSigned } from '../testing/self-signed.ts';
import { Challenges, isDue } from './acme.ts';
import { CertificateHolder } from './certificate-holder.ts';
import { type OpenCertificates, openFiles } from './files.ts';
import { plainHttp } from './plain.ts';

const first = selfSigned();
const second = selfSigned();
const closers: (() => unknown)[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptsdly-tls-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const identity = async (request: Request) => {
  const { pathname } = new URL(request.url);
  if (pathname !== '/internal/tokens') {
    return Response.json({ body: await request.text(), host: request.headers.get('host') });
  }
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  return Response.json({ token: 't', expiresAt, sub: 'u1', sid: 's' });
};

/** No two pieces of it, and no two of them, are alike. */
function movieOf(n: number): Buffer {
  const words = new Uint32Array(1_000_003);
  for (let i = 0; i < words.length; i++) words[i] = i * 2654435761 + n;
  return Buffer.from(words.buffer);
}

interface Secure {
  readonly url: string;
  readonly listener: Listener;
  readonly server: Server;
  session(): ClientHttp2Session;
}

async function open(certificates?: OpenCertificates): Promise<Secure> {
  const holder = new CertificateHolder();
  holder.set(first);
  const upstream = await openUpstream((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
    if (pathname.endsWith('/original')) {
      const body = movieOf(Number(searchParams.get('n')));
      response.setHeader('content-length', body.length);
      return void response.end(body);
    }
    response.setHeader('content-type', 'application/octet-stream');
    response.setHeader(
      'x-length',
      request.headers['content-length'] ?? request.headers['transfer-encoding'] ?? 'none',
    );
    request.pipe(response);
  });
  const rig: Rig = await openRig({ subscriptions: upstream.subscriptions, identity }, 'https://localhost');
  const listener = await listen(rig.gateway, { tls: certificates ?? holder, drainMs: 200 });
  const { port } = new URL(listener.address);
  const url = `https://localhost:${port}`;
  const sessions: ClientHttp2Session[] = [];
  closers.push(async () => {
    for (const session of sessions) session.destroy();
    await listener.close();
    await rig.close();
    upstream.server.closeAllConnections();
    upstream.server.close();
  });
  const session = () => {
    const opened = connect2(url, { ca: [first.cert, second.cert] });
    opened.on('error', () => undefined);
    sessions.push(opened);
    return opened;
  };
  return { url, listener, server: upstream.server, session };
}

async function ask(session: ClientHttp2Session, headers: Record<string, string>, body?: string | Buffer) {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [answer] = (await once(stream, 'response')) as [Record<string, string>];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { ...answer, status: answer[':status'] as unknown as number, body: Buffer.concat(chunks) };
}

const authority = 'localhost';

test('speaks HTTP/2 to those who offer it: pages, problems, tokens, bodies, through functions and sockets', async () => {
  const { session } = await open();
  const one = session();
  const owner = { ':authority': authority, authorization: 'Bearer owner' };
  const problem = await ask(one, { ':path': '/api/me', ':authority': authority });
  expect(problem).toMatchObject({ status: 401, 'strict-transport-security': 'max-age=31536000' });
  expect(JSON.parse(String(problem.body)).code).toBe('unauthenticated');

  // By a function of this process, which also has the body of a message without a length.
  const patched = await ask(one, { ...owner, ':path': '/api/me', ':method': 'PATCH' }, '{"name":"Kim"}');
  expect(JSON.parse(String(patched.body))).toEqual({ body: '{"name":"Kim"}', host: 'localhost' });

  // By a socket.
  const movie = Buffer.alloc(2_000_000, 'movie');
  const path = { ...owner, ':path': '/m/abc/uploads/u1', ':method': 'PATCH' };
  const chunked = await ask(one, path, movie);
  expect(chunked).toMatchObject({ status: 200, 'x-length': 'chunked' });
  expect(chunked.body.equals(movie)).toBe(true);
  const counted = await ask(one, { ...path, 'content-length': String(movie.length) }, movie);
  expect(counted['x-length' as never]).toBe(String(movie.length));
  expect((await ask(one, { ...owner, ':path': '/m/abc/videos' }))['x-length' as never]).toBe('none');
});

test('HTTP/2 is checked as ever: foreign names, two names, ambiguous paths, size, origin', async () => {
  const { session } = await open();
  const one = session();
  const status = async (headers: Record<string, string>) =>
    (await ask(one, { ':authority': authority, ':path': '/api/me', ...headers })).status;
  expect(await status({ ':authority': 'evil.test' })).toBe(421);
  expect(await status({ host: 'evil.test' })).toBe(421);
  expect(await status({ ':path': '/a/%2e%2e/b' })).toBe(400);
  expect(await status({ ':method': 'PATCH', cookie: '__Host-ptsdly=x', origin: 'https://evil.test' })).toBe(
    403,
  );
  const large = { ':authority': authority, ':path': '/api/auth/sign-in/email', ':method': 'POST' };
  const stream = one.request({ ...large, 'content-length': '999999' }, { endStream: false });
  const [answer] = (await once(stream, 'response')) as [Record<string, unknown>];
  expect(answer[':status']).toBe(413); // before a byte of it came
  stream.close();
});

test('HTTP/1.1 and WebSocket work beside it', async () => {
  const { url, server } = await open();
  const request = getSecure(`${url}/api/openapi.json`, { ca: first.cert });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  expect([answer.httpVersion, answer.statusCode]).toEqual(['1.1', 200]);
  answer.destroy();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  const client = new WebSocket(`${url.replace('https', 'wss')}/m/abc/videos`, {
    ...{ ca: first.cert, headers: { authorization: 'Bearer owner' } },
  });
  await once(client, 'open');
  client.send('hello');
  expect(String((await once(client, 'message'))[0])).toBe('hello');
  client.terminate();
});

test('several long answers at once arrive as they were, by streams of one connection and by TLS of their own', async () => {
  const { url, session } = await open();
  const one = session();
  const owner = { ':authority': authority, authorization: 'Bearer owner' };
  const over2 = async (n: number) => {
    const { body } = await ask(one, { ...owner, ':path': `/m/abc/s/session/original?n=${n}` });
    return body.equals(movieOf(n));
  };
  const over1 = async (n: number) => {
    const request = getSecure(`${url}/m/abc/s/session/original?n=${n}`, { ca: first.cert });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer);
      await nextTurn(); // slower than it comes
    }
    return Buffer.concat(chunks).equals(movieOf(n));
  };
  expect(await Promise.all([over2(1), over2(2), over1(3), over1(4)])).toEqual([true, true, true, true]);
});

test('old protocols are refused', async () => {
  const { url } = await open();
  const { port } = new URL(url);
  const socket = connectTls({
    port: Number(port),
    ca: first.cert,
    host: 'localhost',
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'ALL:@SECLEVEL=0',
  });
  const [error] = (await once(socket, 'error')) as [Error & { code: string }];
  expect(error.code).toMatch(/ERR_SSL_/);
});

test('a certificate that is renewed in its file is used without a restart; a broken one is not', async () => {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certFile, first.cert);
  await writeFile(keyFile, first.key);
  const certificates = await openFiles({ certFile, keyFile }, silentLog, 10);
  closers.push(() => certificates.close());
  const { url } = await open(certificates);
  const { port } = new URL(url);
  const serial = async () => {
    const socket = connectTls({ port: Number(port), host: 'localhost', ca: [first.cert, second.cert] });
    await once(socket, 'secureConnect');
    const { raw } = socket.getPeerCertificate();
    socket.destroy();
    return raw.toString('base64');
  };
  const der = (pem: string) => pem.replace(/-----.*-----|\s/g, '');
  expect(await serial()).toBe(der(first.cert));
  await writeFile(certFile, second.cert); // its key has not come yet
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await serial()).toBe(der(first.cert));
  await writeFile(`${keyFile}.new`, second.key);
  await rename(`${keyFile}.new`, keyFile);
  await expect.poll(serial).toBe(der(second.cert));
});

test('what cannot be used is refused at the start', async () => {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await expect(openFiles({ certFile, keyFile }, silentLog)).rejects.toThrow('ENOENT');
  await writeFile(certFile, first.cert);
  await writeFile(keyFile, second.key);
  await expect(openFiles({ certFile, keyFile }, silentLog)).rejects.toThrow('not that of the key');
});

test('plain HTTP leads to https for readers, answers challenges, and refuses who writes', async () => {
  const challenges = new Challenges(await openNotes());
  await challenges.set('token-1', 'answer-1');
  const plain = await listen(plainHttp('https://ptsd.example', challenges), { drainMs: 100 });
  closers.push(() => plain.close());
  const get = (path: string, init = {}) => fetch(plain.address + path, { redirect: 'manual', ...init });
  const moved = await get('/watch/abc?t=1');
  expect([moved.status, moved.headers.get('location')]).toEqual([308, 'https://ptsd.example/watch/abc?t=1']);
  expect(await (await get('/.well-known/acme-challenge/token-1')).text()).toBe('answer-1');
  expect((await get('/.well-known/acme-challenge/token-2')).status).toBe(308);
  expect((await get('/api/me', { method: 'PATCH', body: '{}' })).status).toBe(400);
  // Nobody is led elsewhere by what he asks for.
  const absolute = await speak(plain.address, 'GET http://evil.test/ HTTP/1.1\r\nhost: evil.test\r\n\r\n');
  expect(absolute).toMatch(/^HTTP\/1\.1 400 /);
  const double = await speak(plain.address, 'GET //evil.test/ HTTP/1.1\r\nhost: x\r\n\r\n');
  expect(double).toMatch(/location: https:\/\/ptsd\.example\/\/evil\.test\/\r\n/);
});

test('on closing, HTTP/2 connections end with what is open on them', async () => {
  const { session, listener } = await open();
  const one = session();
  await ask(one, { ':authority': authority, ':path': '/api/openapi.json' });
  const away = once(one, 'close');
  await listener.close();
  await away;
});

test('a certificate is renewed in the last third of its life', () => {
  const day = 24 * 3600_000;
  expect(isDue(first)).toBe(false); // of two days
  expect(isDue(first, Date.now() + 1.5 * day)).toBe(true);
});
