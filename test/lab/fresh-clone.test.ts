import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Person } from '../person.ts';
import { freePort } from '../ports.ts';
import { root } from '../product.ts';

/** What a newcomer does: clone, one command. Nothing of this checkout's node_modules, data or builds is used. */

const folder = mkdtempSync(join(tmpdir(), 'ptsdly-clone-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('git clone and npm start bring the product up, and Ctrl-C ends it', async () => {
  execFileSync('git', ['clone', '--quiet', root, folder]);
  const port = await freePort();
  const { PATH = '' } = process.env;
  const path = PATH.split(':')
    .filter((part) => !part.includes('node_modules'))
    .join(':');
  const npm = spawn('npm', ['start'], {
    cwd: folder,
    env: { HOME: process.env.HOME, PATH: path, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  npm.stdout.setEncoding('utf8');
  let printed = '';
  for await (const text of npm.stdout.iterator({ destroyOnReturn: false })) {
    printed += text;
    if (printed.includes('is ready on')) break;
  }
  npm.stdout.resume();
  expect(printed).toContain(`PTSD.ly is ready on http://localhost:${port}`);
  const person = new Person(`http://localhost:${port}`);
  await person.signUp();
  expect((await person.subscribe()).state).toBe('ready');
  // What it installed and built is not part of the checkout.
  expect(execFileSync('git', ['status', '--porcelain'], { cwd: folder, encoding: 'utf8' })).toBe('');
  const exited = once(npm, 'exit');
  process.kill(-(npm.pid as number), 'SIGINT');
  await exited;
  await expect(fetch(`http://localhost:${port}/api/plans`)).rejects.toThrow();
});
