import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { createServiceTokens, type Service, silentLog } from '@ptsdly/kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWeb } from '../serve.ts';

const hostile = '</title><script>alert("&")</script>';
const previews: Record<string, object> = {
  open: {
    state: 'open',
    card: { title: hostile, duration: 3725, width: 1, height: 1 },
    hasPoster: true,
    poster: { width: 640, height: 360 },
  },
  listed: { state: 'protected', card: null, hasPoster: false, embedOrigins: ['https://blog.example'] },
  unframed: { state: 'protected', card: null, hasPoster: false, embedOrigins: [] },
  protected: { state: 'protected', card: null, hasPoster: false },
  gone: { state: 'not_found', card: null, hasPoster: false },
};

let folder: string;
let web: Service;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptsdly-web-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<html lang="ko"><head></head>app');
  await writeFile(join(folder, 'watch.html'), '<html lang="ko"><head><!--head--></head>watch');
  const words = (language: string) => ({
    [`src/i18n/${language}/texts.ts`]: { file: `assets/${language}-1.js`, imports: ['_shared.js'] },
    [`src/i18n/${language}/shared.json`]: { file: `assets/${language}-2.js` },
  });
  const manifest = { ...words('ko'), ...words('en'), '_shared.js': { file: 'assets/shared-3.js' } };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'assets/app-1234.js'), 'let x');
  await writeFile(join(folder, 'assets/app-1234.js.br'), brotliCompressSync('let x'));
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
  expect(await response.text()).toMatch(/<\/head>app$/);
  expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(response.headers.get('cache-control')).toBe('no-cache');
});

test.each([
  ['/app', 'ko-KR,en;q=0.5', 'ko', ['ko-1', 'shared-3']],
  ['/app/pay', 'en-GB', 'en', ['en-1', 'shared-3']],
  ['/watch/open', 'de, en;q=0.5', 'en', ['en-2']],
  ['/embed/open', '', 'ko', ['ko-2']],
])('%s for "%s" is in %s and brings its words', async (path, wish, language, files) => {
  const request = new Request(`http://web${path}`, { headers: wish ? { 'accept-language': wish } : {} });
  const response = await web.fetch(request);
  const page = await response.text();
  expect(page).toContain(`<html lang="${language}">`);
  const preloads = [...page.matchAll(/rel="modulepreload" crossorigin href="\/assets\/([^"]+)\.js"/g)];
  expect(preloads.map(([, file]) => file)).toEqual(files);
  expect(response.headers.get('vary')).toContain('Accept-Language');
});

test('assets go out compressed to whoever takes that, as what they are', async () => {
  const headers = { 'accept-encoding': 'gzip, deflate, br, zstd' };
  const asset = await web.fetch(new Request('http://web/assets/app-1234.js', { headers }));
  expect(asset.headers.get('content-encoding')).toBe('br');
  expect(asset.headers.get('vary')).toContain('Accept-Encoding');
  expect(asset.headers.get('content-type')).toContain('javascript');
  expect(String(brotliDecompressSync(await asset.bytes()))).toBe('let x');
  const plain = await get('/assets/app-1234.js');
  expect([plain.headers.get('content-encoding'), await plain.text()]).toEqual([null, 'let x']);
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

const ROBOTS = {
  KakaoTalk: 'facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984',
  Slack: 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  Discord: 'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
  X: 'Twitterbot/1.0',
  Facebook: 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
};

test.each(Object.entries(ROBOTS))(
  '%s finds its card in the head, without running anything',
  async (_, agent) => {
    const request = new Request('http://web/watch/open', { headers: { 'user-agent': agent, accept: '*/*' } });
    const response = await web.fetch(request);
    const page = await response.text();
    const head = page.slice(0, page.indexOf('</head>'));
    for (const property of ['og:title', 'og:image', 'og:image:width', 'og:url', 'og:site_name', 'og:video']) {
      expect(head).toContain(`<meta property="${property}" content="`);
    }
    expect(head).toContain('<meta name="twitter:card" content="player">');
    expect(head).toContain('type="application/json+oembed"');
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(page).not.toMatch(/\/m\/|\.mp4|\.m3u8/); // no byte of the video, and no way to one
  },
);

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

test('a link says in whose frames its player may stand; while that cannot be asked, in none', async () => {
  const ancestorsOf = async (code: string) =>
    /frame-ancestors ([^;]*)/.exec(
      (await get(`/embed/${code}`)).headers.get('content-security-policy') ?? '',
    )?.[1];
  expect(await ancestorsOf('listed')).toBe('https://blog.example');
  expect(await ancestorsOf('unframed')).toBe("'none'");
  expect(await ancestorsOf('unreachable')).toBe("'none'");
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
