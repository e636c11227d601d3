import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Listener, listen } from './listen.ts';

const ANSWER = 'HTTP/1.1 204 No Content\r\nx-by: head\r\n\r\n';
const heads: string[] = [];
let gate: Promise<void> | undefined;
let listener: Listener;

beforeAll(async () => {
  listener = await listen(
    {
      answerHead: (target, fields) => {
        if (!target.startsWith('/fast')) return undefined;
        heads.push(target + fields);
        if (target === '/fast-big') return turn().then(() => ANSWER + ' '.repeat(256 * 1024));
        return (gate ?? turn()).then(() => (target === '/fast-not' ? undefined : ANSWER));
      },
      fetch: async (request) =>
        new Response(`${request.method} ${await request.text()}`, { headers: { 'x-by': 'node' } }),
    },
    {},
  );
});
afterAll(() => listener.close());

async function connection(): Promise<{ socket: Socket; read: (answers: number) => Promise<string[]> }> {
  const { port } = new URL(listener.address);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const by = () =>
    [...text.matchAll(/x-by: (\w+)|HTTP\/1\.1 (4\d\d)/g)].map((match) => match[1] ?? match[2] ?? '');
  const read = async (answers: number) => {
    while (by().length < answers && !socket.closed)
      await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return by();
  };
  return { socket, read };
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

async function answersTo(...packets: string[]): Promise<string[]> {
  const { socket, read } = await connection();
  for (const [at, packet] of packets.entries()) {
    socket.write(packet, 'latin1');
    await read(at + 1);
  }
  const answers = await read(packets.length);
  socket.destroy();
  return answers;
}

test('answers request after request on one connection, then hands it over for good', async () => {
  expect(await answersTo(get('/fast'), get('/fast'), get('/slow'), get('/fast'))).toEqual([
    'head',
    'head',
    'node',
    'node',
  ]);
});

test('the target and the fields are told whole, also when the fields were seen before', async () => {
  heads.length = 0;
  const more = 'X: a\r\nY:\xe9\r\n';
  await answersTo(get('/fast?a=1', more), get('/fast/b', more));
  const fields = `\r\nHost: x\r\n${more}\r\n`;
  expect(heads).toEqual([`/fast?a=1${fields}`, `/fast/b${fields}`]);
});

test('what it declines after a look goes on whole', async () => {
  expect(await answersTo(get('/fast'), get('/fast-not'))).toEqual(['head', 'node']);
});

test.each([
  ['a body', `GET /fast HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`],
  [
    'a chunked body',
    'GET /fast HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  ],
  ['an announced body with no bytes', get('/fast', 'content-length: 0\r\n')],
  ['another method', 'POST /fast HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'],
  ['connection: close', get('/fast', 'Connection: close\r\n')],
  ['an upgrade that nobody offers', get('/fast', 'Connection: upgrade\r\nUpgrade: h2c\r\n')],
  ['a head that is too long for it', get('/fast', `X: ${'a'.repeat(9000)}\r\n`)],
])('%s is for node:http', async (_, packet) => {
  expect(await answersTo(packet)).toEqual(['node']);
});

test.each([
  ['no host', 'GET /fast HTTP/1.1\r\n\r\n'],
  ['a bare line feed', 'GET /fast HTTP/1.1\nHost: x\n\n'],
  ['a control character', get('/fast', 'X: a\x01b\r\n')],
  ['a space before the colon', get('/fast', 'Content-Length : 3\r\n')],
  ['no request at all', '\x16\x03\x01\x02\x00\r\n\r\n'],
])('%s is refused by node:http', async (_, packet) => {
  heads.length = 0;
  await answersTo(packet).then((answers) => expect(answers.every((by) => by !== 'head')).toBe(true));
  expect(heads).toEqual([]);
});

test('a head in two packets, and two heads in one, lose nothing', async () => {
  const { socket, read } = await connection();
  socket.write(get('/fast').slice(0, 20));
  await turn();
  socket.write(get('/fast').slice(20));
  expect(await read(1)).toHaveLength(1); // by whom depends on whether the packets met on their way
  socket.destroy();
  const other = await connection();
  other.socket.write(get('/fast') + get('/fast'));
  expect(await other.read(2)).toEqual(['node', 'node']);
  other.socket.destroy();
});

test('what comes while an answer is being made waits its turn', async () => {
  const open = Promise.withResolvers<void>();
  gate = open.promise;
  const { socket, read } = await connection();
  heads.length = 0;
  socket.write(get('/fast'));
  while (heads.length === 0) await turn();
  socket.write(get('/fast', 'X: second\r\n'));
  await turn();
  socket.write(get('/slow'));
  await turn();
  gate = undefined;
  open.resolve();
  expect(await read(3)).toEqual(['head', 'head', 'node']);
  socket.destroy();
});

test('a client that has said its last word still gets its answer', async () => {
  const { socket, read } = await connection();
  socket.end(get('/fast'));
  expect(await read(1)).toEqual(['head']);
  await once(socket, 'close');
});

test('closing ends waiting connections at once, and busy ones with their answer', async () => {
  const open = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const answerHead = () => {
    asked.resolve();
    return open.promise.then(() => ANSWER);
  };
  const own = await listen({ answerHead, fetch: async () => new Response() }, {});
  const { port } = new URL(own.address);
  const [idle, busy] = [connect(Number(port), '127.0.0.1'), connect(Number(port), '127.0.0.1')];
  await Promise.all([once(idle, 'connect'), once(busy, 'connect')]);
  let text = '';
  busy.on('data', (chunk) => {
    text += chunk.toString();
  });
  busy.write(get('/x'));
  idle.resume();
  await asked.promise;
  const started = performance.now();
  const closing = own.close();
  await once(idle, 'close');
  open.resolve();
  await once(busy, 'close');
  await closing;
  expect(text).toBe(ANSWER);
  expect(performance.now() - started).toBeLessThan(2000);
});

test('who asks and asks and never reads is not read any more', async () => {
  const connected = once(listener.server, 'connection') as Promise<[Socket]>;
  const { port } = new URL(listener.address);
  const client = connect(Number(port), '127.0.0.1').pause();
  const [[served]] = await Promise.all([connected, once(client, 'connect')]);
  client.setNoDelay(true);
  heads.length = 0;
  for (let sent = 0, still = 0, seen = 0; still < 50; still = heads.length > seen ? 0 : still + 1) {
    seen = heads.length;
    if (sent++ < 100) client.write(get('/fast-big'));
    await turn();
    await turn();
  }
  expect(heads.length).toBeGreaterThan(0);
  expect(served.writableLength).toBeLessThan(1024 * 1024);
  client.destroy();
});
