import { afterEach, describe, expect, test } from 'vitest';
import type { Notes } from './notes.ts';
import { openNotes } from './open-notes.ts';
import { type RedisServer, redisMissing, startRedis } from './testing/redis-server.ts';

let server: RedisServer | undefined;
const opened: Notes[] = [];
const open = async (url?: string) => {
  const notes = await openNotes(url);
  opened.push(notes);
  return notes;
};
afterEach(async () => {
  for (const notes of opened.splice(0)) await notes.close();
  await server?.close();
  server = undefined;
});

const places = [
  ['memory', false],
  ['Redis', true],
] as const;
describe.each(places)('notes in %s', (_, inRedis) => {
  test.skipIf(inRedis && redisMissing)(
    'stand until they are taken away or end, and are added once',
    async () => {
      if (inRedis) server = await startRedis();
      const url = server?.url('notes');
      const notes = await open(url);
      const other = inRedis ? await open(url) : notes;
      await expect.poll(() => notes.get('a').catch(() => 'away')).toBeUndefined();
      await expect.poll(() => other.get('a').catch(() => 'away')).toBeUndefined();
      await notes.set('a', '1', 60);
      expect(await other.get('a')).toBe('1');
      expect(await Promise.all([notes.add('b', 'x', 1), other.add('b', 'y', 1)])).toEqual([true, false]);
      await other.remove('a');
      expect(await notes.get('a')).toBeUndefined();
      await expect.poll(() => other.add('b', 'z', 60), { timeout: 3000 }).toBe(true);
    },
  );
});

test.skipIf(redisMissing)('nothing is said to stand where Redis is away', async () => {
  server = await startRedis();
  const notes = await open(server.url('notes'));
  await expect.poll(() => notes.get('a').catch(() => 'away')).toBeUndefined();
  await server.signal('SIGKILL');
  await expect(notes.set('a', '1', 60)).rejects.toThrow();
});
