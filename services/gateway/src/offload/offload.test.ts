import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import {
  createServer,
  get,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
} from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openRig, type Rig } from '../testing/rig.ts';
import { ObjectFiles } from './object-files.ts';

const SIZE = 300_000;
const LARGE = 16 * 1024 * 1024;
const own = randomBytes(SIZE);
const SECRET = Buffer.alloc(SIZE, 'secret of another tenant ');

let folder: string;
let objects: string;
let server: Server;
let rig: Rig;
/** What the server was asked for, request by request. */
let asked: (string | undefined)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offload-'));
  objects = join(folder, 'mine', 'objects');
  mkdirSync(join(objects, 'v'), { recursive: true });
  mkdirSync(join(folder, 'other', 'objects', 'v'), { recursive: true });
  writeFileSync(join(objects, 'v', 'original'), own);
  writeFileSync(join(folder, 'other', 'objects', 'v', 'original'), SECRET);
  asked = [];
});
afterEach(async () => {
  await rig.close();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const offer = (change: object = {}) =>
  JSON.stringify({
    object: 'v/original',
    size: SIZE,
    offset: 1000,
    length: 200_000,
    by: 'session',
    ...change,
  });
const handOver = (text: string): RequestListener => {
  const headers = { 'content-type': 'video/mp4', 'content-range': `bytes 1000-200999/${SIZE}` };
  return (_, response) =>
    response.writeHead(206, { ...headers, 'x-ptsdly-offload': text, 'content-length': 0 }).end();
};

async function open(
  handler: RequestListener,
  more: Parameters<typeof openRig>[2] = {},
  { isKnown = true, identity }: { isKnown?: boolean; identity?: () => Response } = {},
): Promise<string> {
  const path = join(folder, 'media.sock');
  server = createServer((request, response) => {
    asked.push(request.headers['x-ptsdly-offload'] as string | undefined);
    handler(request, response);
  });
  await once(server.listen(path), 'listening');
  const place = { address: `unix:${path}`, ...(isKnown && { objects }) };
  const found = { id: 's1', slug: 'abc', ownerId: 'u1', state: 'ready', ...place };
  const subscriptions = () => Response.json(found);
  rig = await openRig({ subscriptions, ...(identity && { identity }) }, 'http://ptsd.test', more);
  return `${rig.url}/m/abc/s/token/download`;
}

/** The answer, and its bytes, as far as they came. */
async function fetchAll(url: string, headers: Record<string, string> = {}) {
  const [answer] = (await once(get(url, { agent: false, headers }), 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('error', () => undefined);
  await once(answer, 'close');
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) };
}

test('a range is read from the file, under the headers of a tenant’s answer', async () => {
  const url = await open(handOver(offer()));
  for (let i = 0; i < 2; i++) {
    const { status, headers, body } = await fetchAll(url, { 'x-ptsdly-offload': 'unsent=1' });
    expect(status).toBe(206);
    expect(body.equals(own.subarray(1000, 201_000))).toBe(true);
    expect(headers).toMatchObject({
      'content-length': '200000',
      'content-range': `bytes 1000-200999/${SIZE}`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
    expect(headers).not.toHaveProperty('x-ptsdly-offload');
  }
  // what the client said is not passed on; on a busy machine we may have asked again
  expect(asked.filter((ask) => ask !== 'renew')).toEqual(['offer', 'offer']);
});

test.each([
  ['where none is known', { isKnown: false }, undefined],
  ['where none is wanted', { isKnown: true }, 'off'],
])('nobody is asked for a file %s, whatever a client says', async (_, known, by) => {
  const headers = { 'content-type': 'video/mp4', 'x-ptsdly-offload': offer() };
  const answer: RequestListener = (_, response) => response.writeHead(200, headers).end('plain');
  const url = await open(answer, by ? { offload: by } : {}, known);
  const got = await fetchAll(url, { 'x-ptsdly-offload': 'offer' });
  expect(asked).toEqual([undefined]);
  expect([got.body.toString(), got.headers['x-ptsdly-offload']]).toEqual(['plain', undefined]);
});

describe('a hostile server gets no file but its own:', () => {
  const original = () => join(objects, 'v', 'original');
  const others = () => join(folder, 'other', 'objects');
  const lies: [string, () => string][] = [
    ['a path upwards', () => offer({ object: '../other/objects/v/original' })],
    ['an absolute path', () => offer({ object: join(others(), 'v', 'original') })],
    ['two dots in the place of a folder', () => offer({ object: '../objects' })],
    [
      'a link in the place of the file',
      () => {
        unlinkSync(original());
        symlinkSync(join(others(), 'v', 'original'), original());
        return offer();
      },
    ],
    [
      'a link in the place of its folder',
      () => {
        rmSync(join(objects, 'v'), { recursive: true });
        symlinkSync(join(others(), 'v'), join(objects, 'v'));
        return offer();
      },
    ],
    [
      'a link in the place of all objects',
      () => {
        rmSync(objects, { recursive: true });
        symlinkSync(others(), objects);
        return offer();
      },
    ],
    [
      'a pipe',
      () => {
        unlinkSync(original());
        execFileSync('mkfifo', [original()]);
        return offer();
      },
    ],
    ['a folder', () => offer({ object: 'v' })],
    ['a size that is not true', () => offer({ size: SIZE + 1 })],
    ['a piece beyond the end', () => offer({ offset: SIZE - 10 })],
    ['more than a segment', () => offer({ length: LARGE + 1 })],
    ['nothing that can be read', () => '{'],
  ];
  test.each(lies)('%s', async (_, lie) => {
    const { status, body } = await fetchAll(await open(handOver(lie())));
    expect(status).toBe(502);
    expect(body.includes('secret')).toBe(false);
  });
});

test('an offer with a body, which may have no end, is refused', async () => {
  const headers = { 'content-type': 'video/mp4', 'x-ptsdly-offload': offer() };
  let isCut = false;
  const url = await open((_, response) => {
    const more = () => void (response.destroyed || response.write(own, more));
    response.once('close', () => {
      isCut = true;
    });
    response.writeHead(206, headers);
    more();
  });
  expect((await fetchAll(url)).status).toBe(502);
  while (!isCut) await sleep(5);
});

test('what cannot be opened comes from the server itself, which is not asked again for a while', async () => {
  rmSync(join(objects, 'v'), { recursive: true });
  const url = await open((request, response) => {
    if (request.headers['x-ptsdly-offload']) handOver(offer())(request, response);
    else response.writeHead(200, { 'content-type': 'video/mp4' }).end('from the server');
  });
  for (let i = 0; i < 2; i++) expect((await fetchAll(url)).body.toString()).toBe('from the server');
  expect(asked.filter((ask) => !ask?.startsWith('unsent'))).toEqual(['offer', undefined, undefined]);
  while (!asked.includes('unsent=200000')) await sleep(5); // it is not counted twice
});

describe('a piece that goes out slowly', () => {
  const piece = { size: LARGE, offset: 0, length: LARGE };
  /** A client that takes nothing until it is told to. */
  const begin = async (url: string) => {
    const [answer] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
    answer.on('error', () => undefined);
    return answer;
  };
  /** As `begin`, when the server has been asked again so often; a machine that is too busy for that cuts it, and it is begun anew. */
  const beginRenewed = async (url: string, times: number) => {
    for (;;) {
      asked = [];
      const answer = await begin(url);
      const renewed = () => asked.filter((ask) => ask === 'renew').length;
      while (!answer.destroyed && !asked.includes(undefined) && renewed() < times) await sleep(5);
      if (!answer.destroyed && renewed() >= times) return answer;
      answer.destroy();
    }
  };
  beforeEach(() => writeFileSync(join(objects, 'v', 'original'), Buffer.alloc(LARGE, 7)));

  test('goes on as long as the server says yes', async () => {
    const url = await open(handOver(offer(piece)));
    for (let bytes = 0; bytes < LARGE; ) {
      bytes = 0;
      const answer = await beginRenewed(url, 2);
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      if (!answer.destroyed) await once(answer, 'close');
    }
    expect(asked.some((ask) => ask?.startsWith('unsent'))).toBe(false);
  });

  test('is not sent by a right that ended before it could begin', async () => {
    const url = await open(handOver(offer(piece)));
    const slow = ObjectFiles.prototype.lend;
    let waits = true;
    vi.spyOn(ObjectFiles.prototype, 'lend').mockImplementation(async function (this: ObjectFiles, ...of) {
      const file = await slow.apply(this, of);
      while (waits) await sleep(5);
      return file;
    });
    const answered = fetchAll(url);
    while (!asked.includes('renew')) await sleep(5); // somebody waits for the file, so it is asked for again
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      asked.push(request.headers['x-ptsdly-offload'] as string | undefined);
      response.writeHead(410, { 'content-type': 'application/json', 'content-length': 2 }).end('{}');
    });
    const asks = asked.length;
    while (asked.length === asks) await sleep(5);
    await sleep(50);
    waits = false;
    expect((await answered).status).toBe(410);
    vi.restoreAllMocks();
  });

  test.each<[string, RequestListener]>([
    ['says no', (_, response) => void response.writeHead(410).end()],
    ['says nothing', () => undefined],
    ['names something else', handOver(offer({ size: LARGE, offset: 1, length: LARGE - 1 }))],
  ])('ends within a second when the server %s', async (_, refuse) => {
    let isRevoked = false;
    const answering = (): RequestListener => (isRevoked ? refuse : handOver(offer(piece)));
    const url = await open((request, response) => answering()(request, response));
    const answer = await beginRenewed(url, 1);
    isRevoked = true;
    const revokedAt = performance.now();
    while (!asked.some((ask) => ask?.startsWith('unsent'))) await sleep(5); // told when it has been cut
    expect(performance.now() - revokedAt).toBeLessThan(1000);
    const cut = new Promise((resolve) => answer.once('close', resolve));
    answer.resume();
    await cut;
    expect(answer.complete).toBe(false);
  });
});

describe('a right to any piece', () => {
  const whole = offer({ offset: 0, any: true, by: 'owner' });
  let tokens = 0;
  /** Asked once for each who comes. */
  const identity = () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    return Response.json({ token: `token ${tokens++}`, expiresAt, sub: 'u1', sid: 'z1' });
  };
  const openOwn = async (handler: RequestListener = handOver(whole)) => {
    await open(handler, {}, { identity });
    return `${rig.url}/m/abc/videos/${randomUUID()}/original`;
  };
  const piece = (url: string, from: number, to: number, more: Record<string, string> = {}) =>
    fetchAll(url, { authorization: 'Bearer mine', range: `bytes=${from}-${to}`, ...more });
  const offers = () => asked.filter((ask) => ask === 'offer').length;

  test('serves the pieces that follow, under heads of their own, and tells what went out', async () => {
    const url = await openOwn();
    const first = await piece(url, 1000, 200_999);
    let sent = 0;
    const before = performance.now();
    for (const [from, to] of [
      [5, 70_004],
      [250_000, 400_000],
      [0, 0],
    ] as const) {
      const { status, headers, body } = await piece(url, from, to);
      const end = Math.min(to + 1, SIZE);
      expect(status).toBe(206);
      expect(body.equals(own.subarray(from, end))).toBe(true);
      expect(headers).toMatchObject({
        'content-length': String(end - from),
        'content-range': `bytes ${from}-${end - 1}/${SIZE}`,
        'content-type': 'video/mp4',
        'content-security-policy': "sandbox; default-src 'none'",
      });
      expect(headers['x-request-id']).not.toBe(first.headers['x-request-id']);
      sent += end - from;
    }
    if (performance.now() - before < 250) expect(offers()).toBe(1);
    const told = () => asked.reduce((sum, ask) => sum + Number(/^sent=(\d+)$/.exec(ask ?? '')?.[1] ?? 0), 0);
    // what was asked for anew, on a busy machine, has been counted by that
    while (told() < sent - 200_000 * (offers() - 1)) await sleep(5);
  });

  test.each([
    ['a condition', { 'if-range': '"v"' }],
    ['several ranges', { range: 'bytes=0-1,5-9' }],
    ['the end of it', { range: 'bytes=-100000' }],
    ['nothing that is there', { range: `bytes=${SIZE}-${SIZE + 5}` }],
    ['a token of somebody else', { authorization: 'Bearer other' }],
  ])('is not enough for %s', async (_, headers) => {
    const url = await openOwn();
    await piece(url, 1000, 200_999);
    await piece(url, 1000, 200_999, headers);
    expect(offers()).toBe(2);
  });

  test('ends for all who come after a change, and within a second of a no', async () => {
    let isGone = false;
    const url = await openOwn((request, response) => {
      if (request.method === 'DELETE') isGone = true;
      if (request.method === 'DELETE') response.writeHead(204).end();
      else if (isGone) response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
      else handOver(whole)(request, response);
    });
    for (let i = 0; i < 3; i++) expect((await piece(url, 0, 70_000)).status).toBe(206);
    const deleting = request(url.replace('/original', ''), {
      method: 'DELETE',
      headers: { authorization: 'Bearer mine' },
    }).end();
    await once(deleting, 'response');
    expect((await piece(url, 0, 70_000)).status).toBe(404); // at once, though the lease would still last
    isGone = false;
    expect((await piece(url, 0, 70_000)).status).toBe(206);
    isGone = true; // said by another gateway
    const at = performance.now();
    const goesOn = () =>
      piece(url, 0, 70_000).then(
        ({ status }) => status === 206,
        () => false,
      ); // or is cut
    while (await goesOn()) await sleep(5);
    expect(performance.now() - at).toBeLessThan(1000);
  });
});

test('an answer that nginx would obey does not reach it', async () => {
  const url = await open((_, response) => {
    const orders = { 'x-accel-redirect': '/objects/other/objects/v/original', 'x-sendfile': '/etc/passwd' };
    response.writeHead(200, { ...orders, 'content-type': 'video/mp4', 'x-accel-expires': '1' }).end('own');
  });
  const { headers, body } = await fetchAll(url);
  expect(Object.keys(headers).filter((name) => /^x-(accel|sendfile)/.test(name))).toEqual([]);
  expect(body.toString()).toBe('own');
});

test.each([
  ['owner', {}, '/objects/mine/objects/v/original'],
  ['owner', { 'if-range': '"v"' }, undefined],
  ['session', {}, undefined],
])('nginx is led to what the %s asks for, with %j: %s', async (by, headers, led) => {
  const url = await open(handOver(offer({ by })), { offload: 'nginx:/objects/' });
  const answer = await fetchAll(url, headers as Record<string, string>);
  expect(answer.headers['x-accel-redirect']).toBe(led);
  expect(answer.body.length).toBe(led ? 0 : 200_000);
});
