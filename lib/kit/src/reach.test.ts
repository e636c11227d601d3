import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forget, reach } from './reach.ts';

test('a peer called as a function ends with its caller, as fetch does', async () => {
  const never = new Promise<Response>(() => undefined);
  const { fetch, baseUrl } = reach({ fetch: () => never });
  const abort = new AbortController();
  const waiting = fetch(new Request(baseUrl, { signal: abort.signal }));
  abort.abort(new Error('the caller is gone'));
  await expect(waiting).rejects.toThrow('the caller is gone');
  await expect(fetch(new Request(baseUrl, { signal: abort.signal }))).rejects.toThrow('the caller is gone');
});

test('its answer and its failure come through as they are', async () => {
  const ok = reach({ fetch: async () => new Response('yes') });
  expect(await (await ok.fetch(new Request(ok.baseUrl))).text()).toBe('yes');
  const broken = reach({ fetch: () => Promise.reject(new Error('broken')) });
  await expect(broken.fetch(new Request(broken.baseUrl))).rejects.toThrow('broken');
});

describe('a peer on a socket', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reach-'));
  const socketPath = join(folder, 's');
  const address = `unix:${socketPath}`;
  let answer: RequestListener;
  const server = createServer((request, response) => answer(request, response));
  const { fetch, baseUrl } = reach(address);

  beforeAll(() => server.listen(socketPath) && once(server, 'listening'));
  afterAll(async () => {
    forget(address);
    server.close();
    rmSync(folder, { recursive: true });
  });

  test('hears method, headers and body, and answers with as much', async () => {
    answer = async (request, response) => {
      response.writeHead(201, 'Made', [
        ...['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-method', request.method ?? ''],
        ...['x-host', request.headers.host ?? '', 'x-given', String(request.headers['x-given'])],
      ]);
      request.pipe(response);
    };
    const headers = { 'x-given': 'yes' };
    const answered = await fetch(new Request(`${baseUrl}/a?b=c`, { method: 'POST', headers, body: '안녕' }));
    expect([answered.status, answered.statusText, await answered.text()]).toEqual([201, 'Made', '안녕']);
    expect(answered.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answered.headers.get('x-method')).toBe('POST');
    expect(answered.headers.get('x-host')).toBe('service');
    expect(answered.headers.get('x-given')).toBe('yes');
  });

  test('does not follow a redirect, and has no body where there is none', async () => {
    answer = (_, response) => void response.writeHead(302, { location: '/other' }).end();
    const moved = await fetch(new Request(baseUrl));
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/other']);
    answer = (_, response) => void response.writeHead(204).end();
    expect((await fetch(new Request(baseUrl))).body).toBeNull();
  });

  test('is asked again when the connection breaks, but nothing is done twice', async () => {
    let asked = 0;
    answer = (request, response) => {
      asked += 1;
      if (asked < 3) request.socket.destroy();
      else response.end('here');
    };
    expect(await (await fetch(new Request(baseUrl))).text()).toBe('here');
    expect(asked).toBe(3);
    asked = 0;
    const once = fetch(new Request(baseUrl, { method: 'POST', body: 'pay' }));
    await expect(once).rejects.toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNRESET' } });
    expect(asked).toBe(1);
  });

  test('ends with its caller, before the answer and in the middle of it', async () => {
    answer = () => undefined;
    const early = new AbortController();
    const waiting = fetch(new Request(baseUrl, { signal: early.signal }));
    early.abort(new Error('the caller is gone'));
    await expect(waiting).rejects.toThrow('the caller is gone');
    const gone = Promise.withResolvers<void>();
    answer = (_, response) => {
      response.once('close', gone.resolve);
      response.write('some');
    };
    const amid = new AbortController();
    const answered = await fetch(new Request(baseUrl, { signal: amid.signal }));
    const rest = answered.text();
    amid.abort();
    await expect(rest).rejects.toThrow();
    await gone.promise;
  });

  test('that breaks off amid its answer is an error of the body', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('some', () => response.destroy());
    };
    await expect(fetch(new Request(baseUrl)).then((answered) => answered.text())).rejects.toThrow();
  });
});

test('nobody there is waited for as long as a restart takes, and no longer', async () => {
  const { fetch, baseUrl } = reach('unix:/nowhere/at/all.sock', { restartMs: 50 });
  await expect(fetch(new Request(baseUrl, { method: 'POST' }))).rejects.toMatchObject({
    cause: { code: 'ENOENT' },
  });
});
