import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libraryApi } from '@ptsdly/contract';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Person, until } from '../person.ts';
import { type Product, root, startProduct } from '../product.ts';

vi.setConfig({ testTimeout: 90_000 });

/** The commands of a subscriber, as they are typed, against the real product by an API token. */

let product: Product;
let owner: Person;
let server: Awaited<ReturnType<Person['subscribe']>>;
let token: string;
let folder: string;
beforeAll(async () => {
  product = await startProduct();
  folder = await mkdtemp(join(tmpdir(), 'ptsdly-cli-'));
  owner = new Person(product.url);
  await owner.signUp();
  server = await owner.subscribe();
  const scopes = ['servers:read', 'videos:write', 'links:write'] as const;
  ({ token } = await owner.identity.createToken({ body: { name: 'cli', scopes: [...scopes] } }));
});
afterAll(async () => {
  await product?.stop();
  await rm(folder, { recursive: true, force: true });
});

function start(args: readonly string[], env: Record<string, string> = {}) {
  const main = join(root, 'ptsdly/src/main.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env: {
      ...process.env,
      PTSDLY_URL: product.url,
      PTSDLY_TOKEN: token,
      XDG_STATE_HOME: join(folder, 'state'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, stdout, stderr }));
  return { child, ended };
}
const ptsdly = (args: readonly string[], env?: Record<string, string>) => start(args, env).ended;
const file = async (name: string, bytes: Uint8Array) => {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, bytes);
  return path;
};
const videos = async () => (await owner.media(server).listVideos({})).items;

test('upload sends files, shares them, and does not send what is there', async () => {
  const path = await file('여름 휴가.mp4', randomBytes(300_000));
  const first = await ptsdly(['upload', path, '--share']);
  expect(first).toMatchObject({ code: 0 });
  const url = first.stdout.trim();
  expect(url).toMatch(new RegExp(`^${product.url}/\\w{12}$`));
  expect((await new Person(product.url).fetch(new URL(url).pathname)).status).toBe(302);
  const [video] = await until(
    videos,
    ([one]) => one?.sha256 != null,
    () => 'it has no hash',
  );
  expect(video).toMatchObject({ title: '여름 휴가', upload: 'complete', sizeBytes: 300_000 });
  const again = await ptsdly(['upload', path]);
  expect(again.stderr).toContain('is on the server already');
  expect(again.stdout.trim()).toBe(`${product.url}/app/videos/${video?.id}`);
  expect(await videos()).toHaveLength(1);
});

test('upload goes on where Ctrl-C has ended it', async () => {
  const bytes = randomBytes(100_000_000);
  const path = await file('long.mp4', bytes);
  const { child, ended } = start(['upload', path]);
  await until(
    async () => (await videos()).find(({ title }) => title === 'long')?.receivedBytes ?? 0,
    (received) => received > 20_000_000,
    (received) => `${received} bytes have come`,
  );
  child.kill('SIGINT');
  expect(await ended).toMatchObject({
    code: 130,
    stderr: expect.stringContaining('Run the same command again'),
  });
  const halfway = (await videos()).find(({ title }) => title === 'long');
  expect(halfway?.upload).toBe('receiving');
  expect((await ptsdly(['upload', path])).code).toBe(0);
  const all = (await videos()).filter(({ title }) => title === 'long');
  expect(all).toMatchObject([{ id: halfway?.id, upload: 'complete' }]);
  await owner.media(server).deleteVideo({ params: { id: all[0]?.id ?? '' } });
  await rm(path);
});

test('import keeps folders, and export gives everything back bit by bit', async () => {
  const [one, two, notes] = [randomBytes(50_000), randomBytes(60_000), randomBytes(10)];
  await file('films/2026/제주/one.mp4', one);
  await file('films/2026/two.MKV', two);
  await file('films/notes.txt', notes);
  await file('films/.hidden.mp4', one);
  expect(await ptsdly(['import', join(folder, 'films')])).toMatchObject({ code: 0 });
  const { items: folders } = await owner.call(libraryApi, server.url).listFolders({});
  expect(folders.map(({ name }) => name).sort()).toEqual(['2026', '제주']);
  await until(
    videos,
    (all) => all.every(({ sha256 }) => sha256),
    () => 'a hash is missing',
  );
  const out = join(folder, 'out');
  expect(await ptsdly(['export', out])).toMatchObject({ code: 0 });
  expect((await readFile(join(out, '2026/제주/one.mp4'))).equals(one)).toBe(true);
  expect((await readFile(join(out, '2026/two.MKV'))).equals(two)).toBe(true);
  expect(await readdir(out)).toContain('library.json');
  await writeFile(join(out, '2026/two.MKV.part'), two.subarray(0, 20_000));
  await rm(join(out, '2026/two.MKV'));
  const again = await ptsdly(['export', out]);
  expect(again.stderr).toContain('is here already');
  expect((await readFile(join(out, '2026/two.MKV'))).equals(two)).toBe(true);
});

test('says what is wrong, with an exit code that a script can tell', async () => {
  const cases: [Promise<unknown>, object][] = [
    [ptsdly(['upload']), { code: 2, stderr: expect.stringContaining('--help') }],
    [ptsdly(['upload', 'x', '--nonsense']), { code: 2 }],
    [ptsdly(['upload', 'x'], { PTSDLY_TOKEN: '' }), { code: 2 }],
    [ptsdly(['upload', join(folder, 'no.mp4')]), { code: 1, stderr: expect.stringContaining('ENOENT') }],
    [
      ptsdly(['upload', 'x'], { PTSDLY_TOKEN: 'ptsd_wrong' }),
      { code: 1, stderr: expect.stringContaining('token') },
    ],
    [
      ptsdly(['export', 'x', '--server', 'http://127.0.0.1:9']),
      { code: 1, stderr: expect.stringContaining('does not answer') },
    ],
    [ptsdly(['import', '--help']), { code: 0, stdout: expect.stringContaining('Exit codes') }],
  ];
  for (const [ended, expected] of cases) expect(await ended).toMatchObject(expected);
});

test('login lets this machine in by a code, upload and export need no token then, and logout ends it', async () => {
  const env = { PTSDLY_TOKEN: '', XDG_STATE_HOME: join(folder, 'signed-in') };
  const path = await file('login.mp4', randomBytes(1000));
  expect(await ptsdly(['upload', path], env)).toMatchObject({ code: 2, stdout: '' });
  const { child, ended } = start(['login'], env);
  const code = await new Promise<string>((found) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const shown = /^ +([A-Z]{4}-[A-Z]{4})$/m.exec(said)?.[1];
      if (shown) found(shown);
    });
  });
  await owner.identity.decideDeviceGrant({ body: { userCode: code, approve: true } });
  const login = await ended;
  expect(login).toMatchObject({ code: 0, stderr: '' });
  const [name = ''] = await readdir(join(folder, 'signed-in', 'ptsdly'));
  const kept = join(folder, 'signed-in', 'ptsdly', name);
  expect((await stat(kept)).mode & 0o777).toBe(0o600);

  // an access token that is over is renewed, by two commands at once too
  const before = JSON.parse(await readFile(kept, 'utf8'));
  await writeFile(kept, JSON.stringify({ ...before, until: 0 }));
  const other = await file('login-2.mp4', randomBytes(2000));
  const uploads = await Promise.all([ptsdly(['upload', path], env), ptsdly(['upload', other], env)]);
  for (const upload of uploads) expect(upload).toMatchObject({ code: 0 });
  const after = JSON.parse(await readFile(kept, 'utf8'));
  expect(after.refreshToken).not.toBe(before.refreshToken);
  expect((await videos()).map(({ title }) => title)).toEqual(expect.arrayContaining(['login', 'login-2']));

  const [program] = (await owner.identity.listSessions({})).items.filter(({ scopes }) => scopes !== null);
  expect(program?.scopes).toEqual(['servers:read', 'videos:write', 'links:write']);
  expect(await ptsdly(['logout'], env)).toMatchObject({ code: 0, stdout: 'Signed out.\n' });
  expect((await owner.identity.listSessions({})).items.every(({ scopes }) => scopes === null)).toBe(true);
  expect(await ptsdly(['upload', path], env)).toMatchObject({ code: 2 });
  const log = await product.log();
  for (const secret of [before.refreshToken, before.accessToken, after.refreshToken, code])
    expect(log).not.toContain(secret);
});
