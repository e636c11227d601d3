import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LineBuffer } from './line-buffer.ts';
import { createLog } from './log.ts';

let folder: string;
let file: string;
let fd: number;
let buffer: LineBuffer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ptsdly-log-'));
  file = join(folder, 'log');
  fd = openSync(file, 'a');
  buffer = new LineBuffer(fd);
});
afterEach(() => {
  buffer.close();
  closeSync(fd);
  rmSync(folder, { recursive: true, force: true });
});

const lines = () => readFileSync(file, 'utf8').split('\n').filter(Boolean);

test('lines wait a moment, then stand there whole and in order', async () => {
  const log = createLog({ level: 'info', destination: buffer });
  for (let n = 0; n < 5000; n++) log.info({ n }, '한 줄');
  await vi.waitFor(() => expect(lines()).toHaveLength(5000));
  expect(lines().map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(
    Array.from({ length: 5000 }, (_, n) => n),
  );
});

test('an error does not wait, and takes what stood before it along', async () => {
  const slow = new LineBuffer(fd, { delayMs: 60_000 });
  const log = createLog({ level: 'info', destination: slow });
  log.info('before');
  log.error('now');
  await vi.waitFor(() => expect(lines()).toHaveLength(2), { timeout: 2000 });
  slow.close();
});

test('closing writes what is left', () => {
  createLog({ level: 'info', destination: buffer }).info('last');
  buffer.close();
  expect(lines()).toHaveLength(1);
});

test.each(['process.exit(0)', 'throw new Error("x")', ''])(
  'a process that ends by "%s" loses no line',
  (end) => {
    const module = fileURLToPath(new URL('./line-buffer.ts', import.meta.url));
    const script = `import { LineBuffer } from ${JSON.stringify(module)};
    const out = new LineBuffer(1); for (let n = 0; n < 3000; n++) out.write('line ' + n + '\\n'); ${end}`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(child.stdout.split('\n').filter(Boolean)).toEqual(
      Array.from({ length: 3000 }, (_, n) => `line ${n}`),
    );
  },
);
