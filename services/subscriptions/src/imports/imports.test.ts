import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { type ImportOrder, Problem } from '@ptsdly/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Imports, type ImportsOptions } from './imports.ts';
import { isPublicAddress } from './public-address.ts';

/**
 * The public internet is 127.0.0.2 here, and everything else of loopback is private. A canary listens on a private
 * address with the same port: whatever reaches it has got through.
 */
const PUBLIC = '127.0.0.2';
const PRIVATE = '127.0.0.1';
const film = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42'), Buffer.alloc(100_000, 7)]);

let server: Server;
let canary: Server;
let caught: string[];
let names: Record<string, (readonly string[])[]>;
let answer: RequestListener;
let origin: string;
let port: number;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response)).listen(0, PUBLIC);
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  origin = `http://${PUBLIC}:${port}`;
  canary = createServer((request, response) => {
    caught.push(request.url ?? '');
    response.end(film);
  }).listen(port, PRIVATE);
  await once(canary, 'listening');
});
afterAll(() => {
  server.close();
  canary.close();
});
beforeEach(() => {
  caught = [];
  names = {};
  answer = (_, response) => response.end(film);
});
afterEach(() => {
  server.closeAllConnections();
  expect(caught).toEqual([]);
});

const importsWith = (options: ImportsOptions = {}) =>
  new Imports({
    world: {
      // each look-up of a name takes the next of its answers; the last one stays
      resolve: async (host) => {
        const answers = names[host];
        if (!answers) throw new Error('ENOTFOUND');
        return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
      },
      allows: (address) => address === PUBLIC,
      allowsPort: () => true,
      headMs: 300,
    },
    ...options,
  });
const ask = (order: Partial<ImportOrder>, imports = importsWith(), signal = new AbortController().signal) =>
  imports
    .open('server-1', { url: `${origin}/film.mp4`, from: 0, validator: null, limit: 1e9, ...order }, signal)
    .then(
      ({ headers, body }) => new Response(Readable.toWeb(Readable.from(body)) as ReadableStream, { headers }),
    );
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
const refusal = (order: Partial<ImportOrder>, imports?: Imports) =>
  ask(order, imports).then(
    async (response) => {
      await response.body?.cancel();
      return `answered ${response.status}`;
    },
    (error: unknown) => Problem.from(error).code,
  );

describe('a file', () => {
  it('is handed on with its name, type, size and validator', async () => {
    answer = (_, response) => {
      response.writeHead(200, {
        'content-type': 'video/mp4',
        'content-length': film.length,
        'content-disposition': `attachment; filename*=UTF-8''%EC%97%AC%EB%A6%84.mp4`,
        etag: '"v1"',
      });
      response.end(film);
    };
    const response = await ask({});
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'import-offset': '0',
      'import-size': String(film.length),
      'import-name': encodeURIComponent('여름.mp4'),
      'import-type': encodeURIComponent('video/mp4'),
      'import-validator': encodeURIComponent('"v1"'),
    });
    expect((await bytesOf(response)).equals(film)).toBe(true);
  });

  it('comes by name and over a redirect, without a header of ours but those of a stranger', async () => {
    names['films.test'] = [[PUBLIC]];
    let seen: object = {};
    answer = (request, response) => {
      seen = request.headers;
      if (request.url === '/a') response.writeHead(302, { location: '/b.mp4' }).end();
      else response.end(film);
    };
    const response = await ask({ url: `http://films.test:${port}/a` });
    expect((await bytesOf(response)).equals(film)).toBe(true);
    expect(Object.keys(seen).sort()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  it('goes on where it broke off, if it is the same; otherwise from the start', async () => {
    answer = (request, response) => {
      const same = request.headers['if-range'] === '"v1"';
      const from = Number(/^bytes=(\d+)-$/.exec(String(request.headers.range))?.[1]);
      if (!same) return response.end(film);
      response.writeHead(206, { 'content-range': `bytes ${from}-${film.length - 1}/${film.length}` });
      response.end(film.subarray(from));
    };
    const rest = await ask({ from: 60_000, validator: '"v1"' });
    expect([rest.headers.get('import-offset'), rest.headers.get('import-size')]).toEqual([
      '60000',
      `${film.length}`,
    ]);
    expect((await bytesOf(rest)).equals(film.subarray(60_000))).toBe(true);
    const anew = await ask({ from: 60_000, validator: '"v2"' });
    expect(anew.headers.get('import-offset')).toBe('0');
    expect((await bytesOf(anew)).equals(film)).toBe(true);
  });
});

describe('where it leads', () => {
  it.each([
    'ftp://127.0.0.2/x',
    'file:///etc/passwd',
    'gopher://127.0.0.2/x',
    'http://user:password@127.0.0.2/x',
    'not an address',
    '',
  ])('refuses %s', async (url) => {
    expect(await refusal({ url })).toBe('import_address');
  });

  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    'localhost.test',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
  ])('does not go to %s', async (host) => {
    names['localhost.test'] = [[PRIVATE]];
    expect(await refusal({ url: `http://${host}:${port}/` })).toBe('import_private');
  });

  it('does not follow a redirect to a private address, to another scheme, or for ever', async () => {
    const redirect = (location: string) => {
      answer = (_, response) => response.writeHead(302, { location }).end();
    };
    redirect(`http://${PRIVATE}:${port}/secret`);
    expect(await refusal({})).toBe('import_private');
    redirect('file:///etc/passwd');
    expect(await refusal({})).toBe('import_address');
    redirect('/again');
    expect(await refusal({})).toBe('import_failed');
  });

  it('goes to the very address that was looked at, whatever a second look-up says', async () => {
    names['rebind.test'] = [[PUBLIC], [PRIVATE]];
    expect((await bytesOf(await ask({ url: `http://rebind.test:${port}/` }))).equals(film)).toBe(true);
    expect(await refusal({ url: `http://rebind.test:${port}/` })).toBe('import_private');
    names['mixed.test'] = [[PUBLIC, PRIVATE]];
    expect(await refusal({ url: `http://mixed.test:${port}/` })).toBe('import_private');
    names['turns.test'] = [[PUBLIC], [PRIVATE]];
    answer = (_, response) => response.writeHead(302, { location: `http://turns.test:${port}/b` }).end();
    expect(await refusal({ url: `http://turns.test:${port}/a` })).toBe('import_private');
  });
});

describe('what comes', () => {
  it.each([
    ['a playlist', '#EXTM3U\n#EXTINF:4,\nhttp://127.0.0.1/secret', 'application/octet-stream'],
    ['a playlist that calls itself a film', '\uFEFF#EXTM3U\n', 'video/mp4'],
    ['a DASH manifest', '<?xml version="1.0"?><MPD></MPD>', 'application/octet-stream'],
    ['a page', '  <!DOCTYPE html><html></html>', 'application/octet-stream'],
    ['a list for ffmpeg', "ffconcat version 1.0\nfile '/etc/passwd'", 'application/octet-stream'],
    ['a page in UTF-16', '\uFEFF<html>', 'utf16'],
    ['what is a page by its type', 'x'.repeat(5000), 'text/html'],
    ['nothing', '', 'video/mp4'],
  ])('is not %s', async (_, body, type) => {
    answer = (_request, response) => {
      response.setHeader('content-type', type === 'utf16' ? 'video/mp4' : type);
      response.end(Buffer.from(body, type === 'utf16' ? 'utf16le' : 'utf8'));
    };
    expect(await refusal({})).toBe('import_no_video');
  });

  it('has an end: in size, told or not, in time, and in silence', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-length': 1e12 }).write(film);
    expect(await refusal({ limit: 1e6 })).toBe('quota_exceeded');
    const flood: RequestListener = (_, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(film));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    };
    answer = flood;
    await expect(ask({ limit: 1e6 }).then(bytesOf)).rejects.toThrow();
    await expect(ask({}, importsWith({ longestMs: 100 })).then(bytesOf)).rejects.toThrow();
    answer = (_, response) => void response.write(film);
    await expect(ask({}, importsWith({ stallMs: 100 })).then(bytesOf)).rejects.toThrow();
    answer = () => undefined;
    expect(await refusal({})).toBe('import_unreachable');
  });

  it('is not taken for whole when it is shorter than was told', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': film.length * 2 });
      response.write(film, () => response.destroy());
    };
    await expect(ask({}).then(bytesOf)).rejects.toThrow();
  });

  it.each([404, 401, 500, 204])('is no file under status %i', async (status) => {
    answer = (_, response) => response.writeHead(status).end();
    expect(await refusal({})).toBe('import_denied');
  });

  it('is not another part than was asked for, nor encoded', async () => {
    answer = (_, response) => response.writeHead(206, { 'content-range': 'bytes 0-9/10' }).end(film);
    expect(await refusal({ from: 5, validator: '"v1"' })).toBe('import_failed');
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(film);
    expect(await refusal({})).toBe('import_failed');
  });
});

it('leaves room for others: two at once for each server, and a place is free again when one ends', async () => {
  answer = (_, response) => void response.write(film);
  const imports = importsWith();
  const [one] = [await ask({}, imports), await ask({}, imports)];
  expect(await refusal({}, imports)).toBe('rate_limited');
  await one?.body?.cancel();
  await expect.poll(() => refusal({}, imports)).toBe('answered 200');
});

describe('a public address', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
    '%s is one',
    (ip) => {
      expect(isPublicAddress(ip)).toBe(true);
    },
  );

  it.each([
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '100.100.100.200',
      '127.0.0.1',
      '127.255.255.254',
      '169.254.169.254',
    ],
    ...['172.16.0.1', '172.31.255.255', '192.0.0.192', '192.168.1.1', '198.18.0.1', '224.0.0.1', '239.1.1.1'],
    ...[
      '255.255.255.255',
      '168.63.129.16',
      '::',
      '::1',
      '::ffff:8.8.8.8',
      '::ffff:10.0.0.1',
      '64:ff9b::808:808',
    ],
    ...['64:ff9b:1::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'ff02::1', '2001:0:1::1', '2001:db8::1'],
    ...['2002:7f00:1::', 'fec0::1', '3fff::1', 'localhost', ''],
  ])('%s is none', (ip) => {
    expect(isPublicAddress(ip)).toBe(false);
  });
});
