import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '@ptsdly/kit';
import { afterEach, expect, test } from 'vitest';
import { testFolder } from '../../testing/service.ts';
import { LogFile } from './log-file.ts';
import { type MediaProcess, spawnMedia } from './media-process.ts';
import { Supervisor } from './supervisor.ts';

const folder = testFolder();
const lives: MediaProcess[] = [];
let supervisor: Supervisor;

afterEach(async () => {
  await supervisor.stop();
  lives.length = 0;
});

/** Supervises a process that waits for its end; `healthy` says whether it answers. */
function supervise(
  healthy: () => boolean,
  states: string[] = [],
  argv: readonly string[] = ['/bin/sleep', '600'],
): Supervisor {
  const made: Supervisor = new Supervisor({
    spawn: async () => {
      const media = await spawnMedia({
        argv: [...argv],
        env: {},
        folder: folder.path,
        log: new LogFile(join(folder.path, 'media.log')),
        note: join(folder.path, 'note'),
        spec: { serverId: 's', ownerId: 'o', generation: 1, slug: 's', quotaBytes: 1 },
        release: '',
        sandboxed: false,
      });
      lives.push(media);
      return media;
    },
    healthy: async () => healthy(),
    changed: () => states.push(made.state),
    log: silentLog,
    startMs: 150,
  });
  supervisor = made;
  return made;
}

test('a process that does not answer in time is ended and another one is started', async () => {
  await supervise(() => lives.length > 1).start();
  expect(await lives[0]?.exited).toMatch(/SIGTERM|SIGKILL/);
  await expect.poll(() => supervisor.state, { timeout: 5000 }).toBe('ready');
  expect(lives).toHaveLength(2);
});

test('every change of state is told once', async () => {
  const states: string[] = [];
  await supervise(() => true, states).start();
  await expect.poll(() => supervisor.state).toBe('ready');
  process.kill(lives[0]?.pid as number, 'SIGKILL');
  await expect.poll(() => states, { timeout: 5000 }).toEqual(['ready', 'starting', 'ready']);
});

test('stop ends the pause before the next start, too', async () => {
  await supervise(() => true).start();
  await expect.poll(() => supervisor.state).toBe('ready');
  process.kill(lives[0]?.pid as number, 'SIGKILL');
  await expect.poll(() => supervisor.state).toBe('starting');
  const begun = performance.now();
  await supervisor.stop();
  expect(performance.now() - begun).toBeLessThan(500);
  expect(lives).toHaveLength(1);
});

/** Does not listen to SIGTERM, and says when that holds. */
const deaf = (mark: string) => [
  '/bin/sh',
  '-c',
  'trap "" TERM; : > "$1"; while true; do sleep 0.1; done',
  'sh',
  mark,
];

test.each([
  ['that answers has five seconds to end well', true, 4900, 8000],
  ['that has not answered yet is not waited for', false, 0, 4000],
] as const)('a process %s', async (_, answers, least, most) => {
  const mark = join(folder.path, `deaf-${answers}`);
  await supervise(() => answers && existsSync(mark), [], deaf(mark)).start();
  await expect.poll(() => existsSync(mark)).toBe(true);
  if (answers) await expect.poll(() => supervisor.state).toBe('ready');
  const begun = performance.now();
  await supervisor.stop();
  expect(await lives[0]?.exited).toMatch(/SIGKILL/);
  expect(performance.now() - begun).toBeGreaterThan(least);
  expect(performance.now() - begun).toBeLessThan(most);
});
