import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRig, openUpstream, type Rig, speak } from './testing/rig.ts';

/**
 * What a gateway and a server behind it could read in two ways (RFC 9112 §11.2, CWE-444), against the raw socket. None
 * of it may reach an upstream as a request of its own, and none may leave the connection usable for what follows.
 */

let rig: Rig;
let close: () => void;
const seen: string[] = [];
beforeAll(async () => {
  const { server, subscriptions } = await openUpstream((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.resume();
    request.on('end', () => response.end('{}'));
  });
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const identity = () => Response.json({ token: 't', expiresAt, sub: 'u1', sid: 's' });
  rig = await openRig({ subscriptions, identity });
  close = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterAll(async () => {
  await rig.close();
  close();
});

const POST = 'POST /m/abc/uploads HTTP/1.1\r\nhost: ptsd.test\r\nauthorization: Bearer o\r\n';
const HEAD = /^HTTP\/1\.1 \d+ [\s\S]*\r\n\r\n/;
const SMUGGLED = 'GET /m/abc/smuggled HTTP/1.1\r\nhost: ptsd.test\r\n\r\n';

test.each([
  ['a length and chunks (CL.TE)', `${POST}content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['chunks and a length (TE.CL)', `${POST}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n5c\r\n`],
  ['two lengths that differ', `${POST}content-length: 5\r\ncontent-length: 6\r\n\r\nhello`],
  ['two lengths in one field', `${POST}content-length: 5, 6\r\n\r\nhello`],
  ['the same length twice', `${POST}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`],
  ['a length with a sign', `${POST}content-length: +5\r\n\r\nhello`],
  ['a negative length', `${POST}content-length: -1\r\n\r\n`],
  ['a length in hexadecimal', `${POST}content-length: 0x5\r\n\r\nhello`],
  ['a length beyond all numbers', `${POST}content-length: 18446744073709551617\r\n\r\n`],
  ['a length with a space in it', `${POST}content-length: 1 0\r\n\r\nhello`],
  ['a coding that is not chunked', `${POST}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['chunked, but not last', `${POST}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['chunked twice', `${POST}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n`],
  ['a space before the colon', `${POST}transfer-encoding : chunked\r\n\r\n0\r\n\r\n`],
  ['a folded line (obs-fold)', `${POST}transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
  ['a folded first line', 'GET / HTTP/1.1\r\n host: ptsd.test\r\n\r\n'],
  ['a bare LF after a field', `${POST}content-length: 5\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a bare CR in a field', `${POST}x: a\rtransfer-encoding: chunked\r\n\r\n`],
  ['NUL in a field', `${POST}x: a\0b\r\n\r\n`],
  ['a field without a name', `${POST}: chunked\r\n\r\n`],
  ['a field name with a bracket', `${POST}transfer[encoding]: chunked\r\n\r\n`],
  ['chunk sizes with a sign', `${POST}transfer-encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n`],
  ['chunk sizes in 0x', `${POST}transfer-encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`],
  ['a chunk size beyond all numbers', `${POST}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n`],
  ['a chunk longer than its size', `${POST}transfer-encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`],
  ['a bare LF after a chunk size', `${POST}transfer-encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n`],
  ['a bare LF in a chunk extension', `${POST}transfer-encoding: chunked\r\n\r\n5;a\nhello\r\n0\r\n\r\n`],
  ['two Host fields', 'GET / HTTP/1.1\r\nhost: ptsd.test\r\nhost: evil.test\r\n\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['an authority as the target', 'GET ptsd.test:80 HTTP/1.1\r\nhost: ptsd.test\r\n\r\n'],
  ['a space in the target', 'GET /m/abc/a b HTTP/1.1\r\nhost: ptsd.test\r\n\r\n'],
  ['a protocol that does not exist', 'GET / HTTP/9.9\r\nhost: ptsd.test\r\n\r\n'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a method in lower case', 'get / HTTP/1.1\r\nhost: ptsd.test\r\n\r\n'],
  ['a method that nobody knows', 'SMUGGLE / HTTP/1.1\r\nhost: ptsd.test\r\n\r\n'],
])('%s: refused, and what follows on the connection is not heard', async (_, bytes) => {
  seen.length = 0;
  const answer = await speak(rig.url, bytes + SMUGGLED, HEAD).catch(String);
  expect(answer).toMatch(/^HTTP\/1\.1 (400|405|413|421|431|501|505) |^$|ECONNRESET/);
  expect(seen.filter((line) => line.includes('smuggled'))).toEqual([]);
});

test.each([
  ['of another host', 'http://evil.test/', 'ptsd.test'],
  ['of our own, in absolute form', 'http://ptsd.test/', 'evil.test'],
  ['under a foreign name', '/', 'evil.test'],
])('a target %s is refused', async (_, target, host) => {
  const answer = await speak(rig.url, `GET ${target} HTTP/1.1\r\nhost: ${host}\r\n\r\n`, HEAD);
  expect(answer).toMatch(/^HTTP\/1\.1 (400|421) /);
});

test('chunk extensions without end are refused; trailers carry nothing on', async () => {
  const extension = `${POST}transfer-encoding: chunked\r\n\r\n1;${'a'.repeat(20_000)}\r\nx\r\n0\r\n\r\n`;
  expect(await speak(rig.url, extension).catch(String)).toMatch(/^HTTP\/1\.1 (400|413|431) |^$|ECONNRESET/);
  seen.length = 0;
  const trailer = `${POST}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nauthorization: Bearer evil\r\n\r\n`;
  expect(await speak(rig.url, trailer, /200/)).toMatch(/^HTTP\/1\.1 200 /);
  expect(seen).toEqual(['POST /m/abc/uploads']);
});

test.each([
  ['one field', `x-large: ${'a'.repeat(20_000)}\r\n`],
  ['all fields together', Array.from({ length: 400 }, (_, i) => `x-${i}: ${'a'.repeat(50)}\r\n`).join('')],
])('a head that is too large (%s) is refused', async (_, fields) => {
  const answer = await speak(rig.url, `GET / HTTP/1.1\r\nhost: ptsd.test\r\n${fields}\r\n`).catch(String);
  expect(answer).toMatch(/^HTTP\/1\.1 431 |ECONNRESET/);
});

test('a path that is too long is refused', async () => {
  const answer = await speak(rig.url, `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: ptsd.test\r\n\r\n`).catch(
    String,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 (414|431) |ECONNRESET/);
});

test('nothing of what a client writes becomes a header of an answer', async () => {
  for (const path of [
    '/app?next=%0d%0aset-cookie:%20a=b',
    '/%0d%0aset-cookie:%20a=b',
    '/watch/a%0d%0ax-evil:1',
  ]) {
    const answer = await speak(
      rig.url,
      `GET ${path} HTTP/1.1\r\nhost: ptsd.test\r\nconnection: close\r\n\r\n`,
    );
    expect(answer.split('\r\n\r\n')[0]).not.toMatch(/\r\n(set-cookie|x-evil)/i);
  }
});

test('requests one behind the other (pipelining) are answered each, in order', async () => {
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: ptsd.test\r\n`;
  const both = `${get('/api/openapi.json')}\r\n${get('/api/nothing')}connection: close\r\n\r\n`;
  const answers = [...(await speak(rig.url, both)).matchAll(/HTTP\/1\.1 (\d+) /g)].map((match) => match[1]);
  expect(answers).toEqual(['200', '404']);
});

test('many slow senders of heads do not keep others out (slow loris)', async () => {
  const { hostname, port } = new URL(rig.url);
  const slow = Array.from({ length: 200 }, () => {
    const socket = connect(Number(port), hostname, () => socket.write('GET / HTTP/1.1\r\nhost: ptsd'));
    return socket.on('error', () => undefined);
  });
  const answer = await fetch(`${rig.url}/api/openapi.json`);
  expect(answer.status).toBe(200);
  await answer.arrayBuffer();
  for (const socket of slow) socket.destroy();
});
