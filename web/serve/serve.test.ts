import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServiceTokens, type Service, silentLog } from '@ptsdly/kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWeb } from '../serve.ts';

const hostile = '</title><script>alert("&")</script>';
const previews: Record<string, object> = {
  open: { state: 'open', card: { title: hostile, duration: 3725, width: 1, height: 1 }, hasPoster: true },
  protected: { state: 'protected', card: null, hasPoster: false },
  gone: { state: 'not_found', card: null, hasPoster: false },
};

let folder: string;
let web: Service;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptsdly-web-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<html>app');
  await writeFile(join(folder, 'watch.html'), '<html><head><!--head--></head>watch');
  await writeFile(join(folder, 'assets/app-1234.js'), 'let x');
  const links = {
    fetch: async (request: Request) => {
      const code = request.url.split('/').at(-2) ?? '';
      return previews[code] ? Response.json(previews[code]) : new Response(null, { status: 503 });
    },
  };
  const tokens = createServiceTokens('web', new Uint8Array(32));
  web = await openWeb({ distFolder: folder, baseUrl: 'https://ptsd.test', links, tokens, log: silentLog });
});
afterAll(() => rm(folder, { recursive: true }));

const get = (path: string) => web.fetch(new Request(`http://web${path}`));

test.each(['/', '/app', '/app/videos/1'])('%s is the app, not cached and not framed', async (path) => {
  const response = await get(path);
  expect(await response.text()).toBe('<html>app');
  expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(response.headers.get('cache-control')).toBe('no-cache');
});

test('assets are immutable, and nothing outside of the folder is served', async () => {
  const asset = await get('/assets/app-1234.js');
  expect(asset.headers.get('cache-control')).toContain('immutable');
  expect(asset.headers.get('content-type')).toContain('javascript');
  expect((await get('/assets/missing.js')).status).toBe(404);
  expect((await get('/assets/..%2f..%2fetc%2fpasswd')).status).toBe(404);
});

test('a watch page carries the card of an open link, escaped', async () => {
  const page = await (await get('/watch/open')).text();
  expect(page).not.toContain('<script>');
  expect(page).toContain('<meta property="og:title" content="&lt;/title&gt;&lt;script&gt;');
  expect(page).toContain('<meta property="og:image" content="https://ptsd.test/watch/open/card.jpg">');
  expect(page).toContain('<meta property="og:url" content="https://ptsd.test/open">');
  expect(page).toContain('1:02:05');
});

test('a protected, unknown or unreachable link has a neutral card', async () => {
  const protectedPage = await (await get('/watch/protected')).text();
  expect(protectedPage).toContain('<title>PTSD.ly</title>');
  expect(protectedPage).not.toContain('og:image');
  expect((await get('/watch/gone')).status).toBe(404);
  expect((await get('/watch/unreachable')).status).toBe(200);
});

test('only the embedded player may stand in a frame', async () => {
  expect((await get('/embed/open')).headers.get('content-security-policy')).toContain('frame-ancestors *');
  expect((await get('/watch/open')).headers.get('content-security-policy')).toContain(
    "frame-ancestors 'none'",
  );
});

test('says what to do when the app is not built', async () => {
  const options = {
    baseUrl: 'http://x',
    links: 'http://x',
    tokens: createServiceTokens('web', new Uint8Array(32)),
  };
  await expect(openWeb({ ...options, distFolder: join(folder, 'none'), log: silentLog })).rejects.toThrow(
    'npm run build',
  );
});
