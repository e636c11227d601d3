import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { openRig, type Rig, speak, upstreamAddress } from './testing/rig.ts';
import { isPlainHead, WATCH_MS } from './upstream-sockets.ts';

let rig: Rig | undefined;
let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(async () => {
  await rig?.close();
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** A web service that speaks as `answer` does, given the head of a request and how many came before it. */
async function open(answer: (socket: Socket, head: string, count: number) => void): Promise<string> {
  let count = 0;
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (data) => answer(socket, String(data), count++));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const patience = { web: { answerMs: 400, holdMs: 200 } };
  rig = await openRig({}, undefined, { web: upstreamAddress(server as never), patience });
  return rig.url;
}

const text = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

test('one connection is used again, and not while it is in use', async () => {
  const used: Socket[] = [];
  const url = await open((socket, _, count) => {
    used.push(socket);
    if (count < 2) socket.write(text(String(count)));
    else if (count === 4) for (const waiting of used.slice(2)) waiting.write(text('late'));
  });
  for (const expected of ['0', '1']) expect(await (await fetch(`${url}/app`)).text()).toBe(expected);
  expect(used[0]).toBe(used[1]);
  const late = await Promise.all([1, 2, 3].map(async () => (await fetch(`${url}/app`)).text()));
  expect(late).toEqual(['late', 'late', 'late']);
  expect(new Set(used.slice(2)).size).toBe(3);
});

test('a connection that was busy while all were looked after is used again', async () => {
  const used: Socket[] = [];
  const url = await open((socket, _, count) => {
    used.push(socket);
    if (count > 0) return socket.write(text('next'));
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n');
    setTimeout(() => socket.write('slow'), 1.2 * WATCH_MS);
  });
  for (const expected of ['slow', 'next']) expect(await (await fetch(`${url}/app`)).text()).toBe(expected);
  expect(used[0]).toBe(used[1]);
});

test('bytes that nobody asked for end their connection and reach nobody', async () => {
  const used: Socket[] = [];
  const url = await open((socket) => {
    used.push(socket);
    socket.write(text('mine') + text('stolen'));
  });
  for (let i = 0; i < 3; i++) expect(await (await fetch(`${url}/app`)).text()).toBe('mine');
  expect(new Set(used).size).toBe(3);
});

test('a kept connection that ends under a request costs nobody an answer', async () => {
  const url = await open((socket, _, count) => {
    if (count === 1) socket.destroy();
    else socket.write(text('x'));
  });
  for (let i = 0; i < 2; i++) expect((await fetch(`${url}/app`)).status).toBe(200);
});

test('an answer that is malformed is 502, one that does not come 504, one that breaks off is cut', async () => {
  const url = await open((socket, head) => {
    if (head.startsWith('GET /app/bad')) socket.write('HTTP/1.1 200 OK\r\ncontent-length : 1\r\n\r\nx');
    if (head.startsWith('GET /app/half')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx');
  });
  expect((await fetch(`${url}/app/bad`)).status).toBe(502);
  expect((await fetch(`${url}/app/silent`)).status).toBe(504);
  await expect(fetch(`${url}/app/half`).then((answer) => answer.text())).rejects.toThrow();
});

test('a client that leaves ends the connection; one that does not read holds the upstream back', async () => {
  const ended = Promise.withResolvers<void>();
  let written = 0;
  const url = await open((socket) => {
    socket.on('close', () => ended.resolve());
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const more = () => {
      while (written < 200_000_000 && socket.write(piece)) written += piece.length;
      written += piece.length;
      socket.once('drain', more);
    };
    more();
  });
  const leaving = new AbortController();
  await fetch(`${url}/app`, { signal: leaving.signal });
  const before = { written: -1 };
  const stands = () => {
    const same = written === before.written;
    before.written = written;
    return same;
  };
  await expect.poll(stands, { interval: 200 }).toBe(true);
  expect(written).toBeLessThan(100_000_000);
  leaving.abort();
  await ended.promise;
});

test('long answers arrive as they were, whoever reads slowly and however many come over one connection', async () => {
  const bodies = Array.from({ length: 10 }, (_, n) => {
    const words = new Uint32Array(3_000_001);
    for (let i = 0; i < words.length; i++) words[i] = i * 2654435761 + n;
    return Buffer.from(words.buffer);
  });
  const url = await open((socket, head) => {
    const [, n = ''] = /^GET \/app\/(\d+)/.exec(head) ?? [];
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bodies[Number(n)]?.length}\r\n\r\n`);
    socket.write(bodies[Number(n)] as Buffer);
  });
  const read = async (n: number) => {
    const answer = await fetch(`${url}/app/${n}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body ?? []) {
      chunks.push(chunk);
      if (n % 2 === 0) await nextTurn();
    }
    return Buffer.concat(chunks).equals(bodies[n] as Buffer);
  };
  for (const numbers of [
    [1, 2, 3, 4, 5, 6],
    [7, 8, 9],
  ])
    expect(await Promise.all(numbers.map(read))).toEqual(numbers.map(() => true));
});

test('long answers that wait for one before them on the same connection come whole and in order', async () => {
  const pieces = ['1', '2', '3'].map((n) => n.repeat(140_000));
  let first: Socket | undefined;
  const url = await open((socket, head) => {
    const n = Number(/^GET \/app\/(\d)/.exec(head)?.[1]);
    if (n === 1) first = socket;
    else socket.write(text(pieces[n - 1] as string));
    // by then the gateway has the others, and can send none of them
    if (n === 3) setTimeout(() => first?.write(text(pieces[0] as string)), 100);
  });
  const asked = [1, 2, 3].map((n) => `GET /app/${n} HTTP/1.1\r\nhost: ptsd.test\r\n`);
  const heard = await speak(url, `${asked.join('\r\n')}connection: close\r\n\r\n`);
  const bodies = heard
    .split('HTTP/1.1 200 OK')
    .slice(1)
    .map((answer) => answer.split('\r\n\r\n')[1]);
  expect(bodies.map((body, at) => body === pieces[at])).toEqual([true, true, true]);
});

test('hints without an end are no answer', async () => {
  const url = await open((socket) => {
    const hint = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 50);
    socket.on('close', () => clearInterval(hint));
  });
  expect((await fetch(`${url}/app`)).status).toBe(504);
});

test('only a head in the strict form goes out', () => {
  const head = (line: string, fields = 'host: a\r\n') => isPlainHead(`${line}\r\n${fields}\r\n`);
  expect(head('GET /a?b=c HTTP/1.1')).toBe(true);
  expect(head('HEAD / HTTP/1.1')).toBe(true);
  for (const line of ['POST / HTTP/1.1', 'GET  HTTP/1.1', 'GET /a b HTTP/1.1', 'GET /\u0100 HTTP/1.1'])
    expect(head(line)).toBe(false);
  for (const fields of ['', 'a: b\r\n\r\nGET / HTTP/1.1\r\nhost: c\r\n', 'a: b\n', 'a: \0\r\n', 'A: b\r\n'])
    expect(head('GET / HTTP/1.1', fields)).toBe(false);
});
