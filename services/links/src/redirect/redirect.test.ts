import { once } from 'node:events';
import { connect } from 'node:net';
import { createLog } from '@ptsdly/kit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Neighbourhood, neighbourhood, targetOf } from '../testing/stand-ins.ts';

const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const lines: string[] = [];
const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } });

let here: Neighbourhood;
beforeAll(async () => {
  here = await neighbourhood({ log });
});
afterAll(() => here.close());

type Headers = Record<string, string>;
interface Seen {
  status: number;
  headers: globalThis.Headers;
  body: string;
}
type Send = (path: string, headers?: Headers, method?: string) => Promise<Seen>;

const seen = async (response: Response): Promise<Seen> => ({
  status: response.status,
  headers: response.headers,
  body: await response.text(),
});

const transports: [string, Send][] = [
  [
    'a socket',
    async (path, headers = {}, method = 'GET') =>
      seen(
        await fetch((await here.socket()) + path, {
          method,
          headers: { 'user-agent': BROWSER, ...headers },
          redirect: 'manual',
        }),
      ),
  ],
  [
    'the function',
    async (path, headers = {}, method = 'GET') =>
      seen(
        await here.service.fetch(
          new Request(`http://service${path}`, { method, headers: { 'user-agent': BROWSER, ...headers } }),
        ),
      ),
  ],
];

const newLink = async (limits: object = {}) =>
  (await here.as('ann')).createLink({ body: { ...targetOf('ann'), ...limits } });
const statsOf = async (id: string) => (await here.as('ann')).linkStats({ params: { id } });

describe.each(transports)('over %s', (_, send) => {
  test('leads to the watch page, uncached and without a referrer', async () => {
    const { code } = await newLink();
    const { status, headers, body } = await send(`/${code}`);
    expect(status).toBe(302);
    expect(headers.get('location')).toBe(`/watch/${code}`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-length')).toBe('0');
    expect(body).toBe('');
  });

  test.each([
    ['?t=90', '?t=90'],
    ['?t=1m30s', '?t=90'],
    ['?utm=x&t=5', '?t=5'],
    ['?t=javascript:alert(1)', ''],
    ['?redir_url=https://evil.example', ''],
    ['?x=/a/b', ''],
    ['.', ''],
    ['%29.', ''],
    [').?t=7', '?t=7'],
  ])('%s is passed on as "%s"', async (appended, position) => {
    const { code } = await newLink();
    const { status, headers } = await send(`/${code}${appended}`);
    expect([status, headers.get('location')]).toEqual([302, `/watch/${code}${position}`]);
  });

  test('a used-up link still leads to the page, which says so', async () => {
    const link = await newLink({ maxViews: 1 });
    await (await here.as()).openLink({ params: { code: link.code }, body: {} });
    expect((await send(`/${link.code}`)).status).toBe(302);
  });

  test.each([
    ['/AAAAAAAAAAAA', 404, 'not_found'],
    ['/short', 404, 'not_found'],
    ['/%E0%A4%A', 404, 'not_found'],
    ['/announcement', 404, 'not_found'],
    ['/index.php?id=1', 404, 'not_found'],
  ])('%s is %d %s', async (path, status, code) => {
    const answer = await send(path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({ code, status });
  });

  test('links that are closed say why, to programs as a problem and to people as a page', async () => {
    const early = await newLink({ opensAt: new Date(Date.now() + 60_000).toISOString() });
    const late = await newLink({ expiresAt: new Date(Date.now() + 60_000).toISOString() });
    const gone = await newLink();
    await (await here.as('ann')).updateLink({
      params: { id: late.id },
      body: { expiresAt: new Date(Date.now() - 1000).toISOString() },
    });
    await (await here.as('ann')).revokeLink({ params: { id: gone.id } });
    const cases = [
      [early.code, 403, 'not_open_yet', '아직'],
      [late.code, 410, 'link_expired', '기간이 끝난'],
      [gone.code, 410, 'link_revoked', '공유를 중지한'],
      ['AAAAAAAAAAAA', 404, 'not_found', '아무것도'],
    ] as const;
    for (const [code, status, problem, words] of cases) {
      const json = await send(`/${code}`, { accept: 'application/json' });
      expect([json.status, (JSON.parse(json.body) as { code: string }).code]).toEqual([status, problem]);
      const page = await send(`/${code}`, {
        accept: 'text/html,*/*;q=0.8',
        'accept-language': 'ko-KR,ko;q=0.9',
      });
      expect([page.status, page.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
      expect(page.body).toContain(words);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(page.headers.get('cache-control')).toBe('no-store');
      expect(page.headers.get('location')).toBeNull();
      const head = await send(`/${code}`, { accept: 'text/html' }, 'HEAD');
      expect([head.status, head.body]).toEqual([status, '']);
    }
  });

  test('people count; HEAD, robots and prefetching are counted apart', async () => {
    const { id, code } = await newLink();
    await send(`/${code}`);
    await send(`/${code}`);
    await send(`/${code}`, {}, 'HEAD');
    await send(`/${code}`, { 'user-agent': 'facebookexternalhit/1.1; kakaotalk-scrap/1.0' });
    await send(`/${code}`, { 'sec-purpose': 'prefetch;prerender' });
    expect(await statsOf(id)).toMatchObject({ redirects: 2, bots: 3, views: 0, lastOpenedAt: null });
  });

  test('fixed words and longer paths are not its business', async () => {
    expect((await send('/healthz')).status).toBe(200);
    expect((await send('/readyz?x=123456')).status).toBe(200);
    expect((await send('/')).status).toBe(404);
    expect((await send('/watch/AAAAAAAAAAAA')).status).toBe(404);
    expect((await send('/AAAAAAAAAAAA', {}, 'POST')).status).toBe(404);
  });

  test('logs the route, the status and the time, never the code', async () => {
    const { code } = await newLink();
    lines.length = 0;
    await send(`/${code}?t=5`);
    await send(`/${code}x`);
    await vi.waitFor(() => expect(lines.filter((line) => line.includes('"route":"/:code"'))).toHaveLength(2));
    const line = JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;
    expect(line).toMatchObject({ route: '/:code', method: 'GET', status: 302 });
    expect(line.ms).toBeGreaterThan(0);
    expect(lines.join('')).not.toContain(code);
  });
});

test('a thousand clicks over few connections are counted exactly', async () => {
  const { id, code } = await newLink();
  const url = await here.socket();
  const clicks = async () => {
    for (let n = 0; n < 100; n++)
      await fetch(`${url}/${code}`, { redirect: 'manual', headers: { 'user-agent': BROWSER } });
  };
  await Promise.all(Array.from({ length: 10 }, clicks));
  expect((await statsOf(id)).redirects).toBe(1000);
});

test('requests in one packet are answered in order', async () => {
  const [one, two] = [await newLink(), await newLink()];
  const { hostname, port } = new URL(await here.socket());
  const socket = connect(Number(port), hostname);
  const head = (code: string, more = '') =>
    `GET /${code} HTTP/1.1\r\nHost: x\r\nUser-Agent: ${BROWSER}\r\n${more}\r\n`;
  socket.write(head(one.code) + head('AAAAAAAAAAAA') + head(two.code, 'Connection: close\r\n'));
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  await once(socket, 'close');
  const order = [...text.matchAll(/location: (\S+)|HTTP\/1\.1 (404)/gi)].map((match) => match[1] ?? match[2]);
  expect(order).toEqual([`/watch/${one.code}`, '404', `/watch/${two.code}`]);
});

test('answered from the head or by node:http, the redirect is the same', async () => {
  const { code } = await newLink();
  const { hostname, port } = new URL(await here.socket());
  const ask = async (more: string) => {
    const socket = connect(Number(port), hostname);
    socket.write(`GET /${code} HTTP/1.1\r\nHost: x\r\n${more}\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    const lines = chunk.toString('latin1').split('\r\n');
    return lines.filter((line) => !/^(date|connection|keep-alive):/i.test(line));
  };
  const byHead = await ask('');
  expect(byHead[0]).toBe('HTTP/1.1 302 Found');
  expect(byHead).toEqual(await ask('Connection: close\r\n'));
});
