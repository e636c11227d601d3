import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mediaProcesses } from './media-processes.ts';
import { Person } from './person.ts';
import { freePort } from './ports.ts';
import { root } from './product.ts';

const run = promisify(execFile);
const command = ['--disable-warning=ExperimentalWarning', join(root, 'ptsdly/src/main.ts')];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptsdly-command-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ptsdly(args: readonly string[], env: Record<string, string> = {}) {
  const options = {
    env: { ...process.env, PTSDLY_DATA: join(folder, 'data'), ...env },
    cwd: root,
    timeout: 20_000,
  };
  try {
    const { stdout, stderr } = await run(process.execPath, [...command, ...args], options);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe('ptsdly', () => {
  test('--list names the services', async () => {
    const { stdout } = await ptsdly(['--list']);
    expect(stdout.trim().split('\n').sort()).toEqual([
      'gateway',
      'identity',
      'links',
      'subscriptions',
      'web',
    ]);
  });

  test('--check says what is wrong with the configuration', async () => {
    expect(await ptsdly(['--check'])).toMatchObject({ code: 0 });
    const faulty = await ptsdly(['--check'], { PORT: 'eighty' });
    expect(faulty.code).toBe(1);
    expect(faulty.stderr).toMatch(/^PORT: /);
  });

  test('--print-config hides secrets', async () => {
    const key = 'never-print-this-key-never-print-this';
    const { stdout } = await ptsdly(['--print-config'], { PTSDLY_SERVICE_KEY: key });
    expect(stdout).toContain('PTSDLY_SERVICE_KEY=[hidden]');
    expect(stdout).not.toContain(key);
  });

  test('an unknown service is one clear line', async () => {
    const { code, stderr } = await ptsdly(['nonsense']);
    expect(code).toBe(1);
    expect(stderr.trim()).toBe('There is no service "nonsense". See --list.');
  });

  test('a taken port is one clear line', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stderr } = await ptsdly([], { PORT: String(port) });
    other.close();
    expect(code).toBe(1);
    expect(stderr.trim()).toBe(`port ${port} is taken by another program. Set PORT.`);
  });

  test('an unwritable folder is one clear line', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const { code, stderr } = await ptsdly([], { PTSDLY_DATA: join(file, 'data') });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('cannot be written');
  });

  test('a second one on the same data is refused in one line', async () => {
    const first = await start({ PTSDLY_DATA: join(folder, 'shared') });
    const second = await ptsdly([], { PTSDLY_DATA: join(folder, 'shared'), PORT: '0' });
    await first.stop('SIGTERM');
    expect(second.code).toBe(1);
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
    expect(second.stderr).toContain('in use by another process');
  });
});

describe('npm start', () => {
  test('says where it is, and Ctrl-C ends it and its media servers', async () => {
    await mkdir(join(folder, 'npm'), { mode: 0o755 });
    const product = await start({ PTSDLY_DATA: join(folder, 'npm') });
    const person = new Person(product.url);
    await person.signUp();
    await person.subscribe();
    const children = mediaProcesses(join(folder, 'npm'));
    expect(children).toHaveLength(1);
    const { stdout: readable } = await run('find', [join(folder, 'npm'), '-mindepth', '1', '-perm', '/077']);
    expect(readable, 'what other users of the machine may read').toBe('');
    expect(await product.stop('SIGINT')).toBe(0);
    expect(mediaProcesses(join(folder, 'npm'))).toEqual([]);
  });
});

/** `npm start` without npm, on a free port; resolves when it has said that it is ready. */
async function start(env: Record<string, string>) {
  const port = await freePort();
  const child = spawn('node', ['scripts/start.mjs'], {
    cwd: root,
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true, // a process group of its own, as a terminal makes it
  });
  let printed = '';
  child.stdout.setEncoding('utf8');
  for await (const text of child.stdout.iterator({ destroyOnReturn: false })) {
    printed += text;
    if (printed.includes('is ready on')) break;
  }
  const url = /is ready on (\S+)/.exec(printed)?.[1] ?? '';
  expect(url).toBe(`http://localhost:${port}`);
  child.stdout.resume();
  return {
    url,
    async stop(signal: NodeJS.Signals): Promise<number | null> {
      const exited = once(child, 'exit');
      process.kill(-(child.pid as number), signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
