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
function supervise(healthy: () => boolean, states: string[] = []): Supervisor {
  const made: Supervisor = new Supervisor({
    spawn: async () => {
      const media = await spawnMedia({
        argv: ['/bin/sleep', '600'],
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
