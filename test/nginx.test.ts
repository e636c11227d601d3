import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from './person.ts';
import { freePort } from './ports.ts';
import { root } from './product.ts';

const isMissing = (() => {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
})();

const own = randomBytes(200_000);
const SECRET = Buffer.alloc(200_000, 'secret of another tenant ');

/** nginx under the configuration of docs/nginx.md, before a gateway that leads it where the test says. */
describe.skipIf(isMissing)('nginx as the document sets it up', () => {
  let folder: string;
  let servers: string;
  let gateway: Server;
  let nginx: ChildProcess;
  let url: string;
  /** Where the gateway leads to. */
  let led: string;
  let connections = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nginx-'));
    servers = join(folder, 'data', 'servers');
    gateway = createServer((_, response) =>
      response
        .writeHead(200, { 'x-accel-redirect': led, 'content-type': 'video/mp4', 'content-length': 0 })
        .end(),
    );
    gateway.on('connection', () => connections++);
    await once(gateway.listen(0, '127.0.0.1'), 'listening');
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const behind = (gateway.address() as AddressInfo).port;
    writeFileSync(join(folder, 'nginx.conf'), configure(folder, port, behind));
    nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
    led = '/objects/none';
    const answers = () =>
      fetch(url).then(
        () => true,
        () => nginx.exitCode !== null,
      );
    await until(answers, Boolean, () => 'nginx does not answer');
    expect(nginx.exitCode, readFileSync(join(folder, 'error.log'), 'utf8')).toBeNull();
  });
  afterAll(async () => {
    const gone = once(nginx, 'exit');
    nginx.kill('SIGTERM');
    await gone;
    gateway.closeAllConnections();
    gateway.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    rmSync(servers, { recursive: true, force: true });
    for (const [name, bytes] of [
      ['mine', own],
      ['other', SECRET],
    ] as const) {
      mkdirSync(objects(name, 'v'), { recursive: true });
      writeFileSync(objects(name, 'v', 'original'), bytes);
    }
    writeFileSync(join(folder, 'data', 'identity.db'), SECRET);
    led = '/objects/mine/objects/v/original';
  });

  const objects = (name: string, ...rest: string[]) => join(servers, name, 'objects', ...rest);

  test('sends the piece that was asked for, over connections that are kept', async () => {
    connections = 0;
    for (let i = 0; i < 20; i++) {
      const { status, headers, body } = await fetchAll(url, { range: 'bytes=1000-150999' });
      expect(status).toBe(206);
      expect(body.equals(own.subarray(1000, 151_000))).toBe(true);
      expect(headers).toMatchObject({
        'content-type': 'video/mp4',
        'content-range': 'bytes 1000-150999/200000',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
      });
    }
    expect(connections).toBeLessThan(5);
  });

  test.each([
    ['the file', () => swap(objects('mine', 'v', 'original'), objects('other', 'v', 'original'))],
    ['its folder', () => swap(objects('mine', 'v'), objects('other', 'v'))],
    ['all objects', () => swap(objects('mine'), objects('other'))],
    [
      'a file of the control plane',
      () => swap(objects('mine', 'v', 'original'), join(folder, 'data', 'identity.db')),
    ],
    ['its folder, by a way of its own', () => swap(objects('mine', 'v'), '../../other/objects/v')],
  ])('a link in the place of %s leads nowhere', async (_, attack) => {
    attack();
    const { status, body } = await fetchAll(url);
    expect(status).toBeGreaterThanOrEqual(403);
    expect(body.includes('secret')).toBe(false);
  });

  test.each([
    '/objects/../identity.db',
    '/objects/mine/objects/%2e%2e/%2e%2e/%2e%2e/identity.db',
    '/objects../identity.db',
  ])('a gateway that was deceived into %s gets nothing above the servers', async (path) => {
    led = path;
    const { status, body } = await fetchAll(url);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body.includes('secret')).toBe(false);
  });

  test.each(['/objects/other/objects/v/original', '/objects/', '//objects/other/objects/v/original'])(
    'a client that asks for %s gets none of it',
    async (path) => {
      led = '/objects/none';
      const { status, body } = await fetchAll(url + path);
      expect(status).toBe(404);
      expect(body.includes('secret')).toBe(false);
    },
  );
});

/** What a media server that was broken into can do in its folder. */
function swap(place: string, target: string): void {
  renameSync(place, `${place}-before`);
  symlinkSync(target, place);
}

/** The configuration of the document, with the places of this test in it. */
function configure(folder: string, port: number, behind: number): string {
  const text = readFileSync(join(root, 'docs', 'nginx.md'), 'utf8');
  const written = /```nginx\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const servers = written
    .replace('127.0.0.1:8080', `127.0.0.1:${behind}`)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port}`)
    .replaceAll('/srv/ptsdly', join(folder, 'data'));
  return `
daemon off;
user ${userInfo().username};
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  ${servers}
}
`;
}

async function fetchAll(url: string, headers: Record<string, string> = {}) {
  const [answer] = (await once(get(url, { headers }), 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) };
}
