import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { silentLog } from '@ptsdly/kit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Indexer } from './indexer.ts';

let folder: string;
let indexer: Indexer | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'indexer-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => indexer?.close());

/** A thread that does this with each request. */
function threadOf(name: string, body: string): URL {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `import { parentPort } from 'node:worker_threads'; parentPort.on('message', (request) => { ${body} });`,
  );
  return pathToFileURL(path);
}

it.each([
  ['never ends', 'for (;;);'],
  ['never answers', ''],
  ['eats memory', 'const all = []; for (;;) all.push(new Array(1000).fill(0).map(Object));'],
  ['dies', 'process.exit(3);'],
  ['throws', 'throw new Error("no");'],
])('ends a thread that %s, and serves the next file', async (name, body) => {
  const flagged = `if (request.size === 1) { ${body} } else parentPort.postMessage({ ok: false, code: 'next' });`;
  indexer = new Indexer(threadOf(name.replaceAll(' ', '-'), flagged), silentLog, {
    limitMs: 3000,
    heapMb: 16,
  });
  const hostile = indexer.index({ fd: 0, size: 1 });
  const next = indexer.index({ fd: 0, size: 2 });
  expect(await hostile).toMatchObject({ ok: false, code: 'limits_exceeded' });
  expect(await next).toMatchObject({ code: 'next' });
});

it('says why a file is no video', async () => {
  indexer = new Indexer(new URL('../main.ts', import.meta.url), silentLog);
  const path = join(folder, 'text.mp4');
  writeFileSync(path, 'just text '.repeat(100));
  const fd = openSync(path, 'r');
  const answer = await indexer.index({ fd, size: 1000 });
  closeSync(fd);
  expect(answer).toMatchObject({ ok: false, code: 'not_media' });
});
