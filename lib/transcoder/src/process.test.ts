import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TranscodeTask } from '@ptsdly/contract';
import { fixture, hasFfmpeg } from '@ptsdly/packager/testing';
import { describe, expect, test } from 'vitest';
import { GroupProcess } from './process.ts';
import { environment, limited } from './sandbox.ts';
import { openWorkbench, processesWith, type Workbench } from './testing/bench.ts';

const bounds = { seconds: 60, fileBytes: 1_000_000, memoryBytes: 512 * 1024 * 1024 };
const { signal } = new AbortController();

const shell = (script: string, changes: Partial<typeof bounds> = {}) => {
  const own = { ...bounds, ...changes };
  const argv = limited(['/bin/sh', '-c', script], 19, own, 1);
  return new GroupProcess({ argv, seconds: own.seconds, signal }).done;
};

describe('limits', () => {
  test('the time of a process is bounded', async () => {
    await expect(shell('sleep 60', { seconds: 0.3 })).rejects.toMatchObject({ reason: 'timeout' });
    await expect(shell('while :; do :; done', { seconds: 1 })).rejects.toMatchObject({ reason: 'timeout' });
  });

  test('the size of a file is bounded', async () => {
    const write = 'cd "$(mktemp -d)" && head -c 2000000 /dev/zero > large; code=$?; rm -f large; exit $code';
    await expect(shell(write)).rejects.toMatchObject({
      reason: 'failed',
      message: expect.stringMatching(/larger/),
    });
  });

  test('the memory of a process is bounded', async () => {
    const grow = 'x=$(head -c 400000000 /dev/zero | tr "\\\\0" a); echo "$x" | wc -c';
    await expect(shell(grow, { memoryBytes: 100 * 1024 * 1024 })).rejects.toMatchObject({
      name: 'TaskFailure',
    });
  });

  test('nothing of the surroundings reaches it, and it is nice', async () => {
    const { text } = await shell('nice; env');
    const [niceness, ...lines] = text.trim().split('\n');
    expect(niceness).toBe('19');
    expect(lines.map((line) => line.split('=')[0])).toEqual(expect.arrayContaining(Object.keys(environment)));
    expect(text).not.toContain('VITEST');
  });

  test('suspended time does not count', async () => {
    const argv = limited(['/bin/sh', '-c', 'sleep 0.2'], 19, bounds, 1);
    const process = new GroupProcess({ argv, seconds: 0.75, signal });
    process.suspend();
    setTimeout(() => process.resume(), 1300);
    await expect(process.done).resolves.toMatchObject({ text: '' });
  });
});

describe.skipIf(!hasFfmpeg)('a transcode', () => {
  const long = () =>
    fixture('long.mp4', ['-f', 'lavfi', '-i', 'testsrc2=s=1280x720:d=30', '-c:v', 'mpeg4', '-b:v', '8M']);
  const task = (serverId: string, priority: 'viewer' | 'background' = 'background'): TranscodeTask => ({
    ...{ kind: 'video', priority, track: 0, keyFrames: [], toneMap: 'none', maxBitRate: 9_000_000 },
    input: { path: 'long.mp4', demuxer: 'mov' },
    output: `work/${serverId}.mp4`,
    width: 1280,
    height: 720,
  });
  const untilRunning = async (bench: Workbench, options: Parameters<Workbench['lines']>[1]) => {
    const lines = bench.lines(task(options?.serverId ?? 'a'), options)[Symbol.asyncIterator]();
    for (;;) {
      const { value } = await lines.next();
      if (value.state === 'running' && value.seconds > 0) return lines;
    }
  };

  test('ends with its caller, whose slot is free again', async () => {
    await using bench = await openWorkbench({ slots: 1 });
    await bench.put(await long(), 'long.mp4');
    const lines = await untilRunning(bench, {});
    expect(processesWith(bench.root)).not.toEqual([]);
    await lines.return?.(undefined);
    expect(processesWith(bench.root)).toEqual([]);
    expect(bench.broker.load).toMatchObject({ running: 0, waiting: 0 });
    expect(await readdir(join(bench.root, '.transcode'))).toEqual([]);
    const gone = new AbortController();
    const other = await untilRunning(bench, { signal: gone.signal });
    gone.abort();
    const drain = async () => {
      while (!(await other.next()).done);
    };
    await expect(drain()).rejects.toThrow(/abort/);
    await expect.poll(() => bench.broker.load.running).toBe(0);
  });

  test('stands still while a viewer is served, and goes on', async () => {
    await using bench = await openWorkbench({ slots: 1 });
    await bench.put(await long(), 'long.mp4');
    const background = await untilRunning(bench, { serverId: 'a' });
    const window = { ...task('b', 'viewer'), from: 0, to: 0.5 } as TranscodeTask;
    expect(await bench.last(window, { serverId: 'b' })).toMatchObject({ state: 'done' });
    const { value } = await background.next();
    expect(value).toMatchObject({ state: 'running' });
    await background.return?.(undefined);
  });

  test('does not outlive a broker that is killed', async () => {
    await using bench = await openWorkbench({ slots: 1 });
    await bench.put(await long(), 'long.mp4');
    const program = fileURLToPath(new URL('./testing/broker-process.ts', import.meta.url));
    const scratch = join(bench.root, '.other');
    const child = fork(program, [scratch, bench.folder, JSON.stringify(task('a'))], { execArgv: [] });
    await once(child, 'message');
    expect(processesWith(scratch).filter((pid) => pid !== child.pid)).not.toEqual([]);
    child.kill('SIGKILL');
    await expect.poll(() => processesWith(scratch), { timeout: 5000 }).toEqual([]);
  });
});
