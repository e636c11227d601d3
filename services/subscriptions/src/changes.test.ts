import type { ServerEvent, ServerState } from '@ptsdly/contract';
import type { SseEvent } from '@ptsdly/kit';
import { expect, test } from 'vitest';
import { Changes } from './changes.ts';

const event = (state: ServerState, id = 'one'): ServerEvent => {
  const at = '2026-11-23T00:00:00.000Z';
  const times = { createdAt: at, readyAt: null };
  const server = { id, slug: 's', name: 'n', state, url: '/m/s', usedBytes: 0, quotaBytes: 1, ...times };
  return { at, state, server: { ...server, failure: null } };
};

const begin = (changes: Changes, current: () => Promise<ServerEvent>) =>
  changes.stream('one', current)[Symbol.asyncIterator]();

const stateOf = ({ value }: IteratorResult<SseEvent>) => (value?.data as ServerEvent | undefined)?.state;

test('what changes while the current state is read comes after it', async () => {
  const changes = new Changes();
  const read = Promise.withResolvers<ServerEvent>();
  const stream = begin(changes, () => read.promise);
  changes.emit(event('starting'));
  read.resolve(event('requested'));
  expect(stateOf(await stream.next())).toBe('requested');
  expect(stateOf(await stream.next())).toBe('starting');
});

test('a stream hears of its own server only', async () => {
  const changes = new Changes();
  const stream = begin(changes, async () => event('requested'));
  await stream.next();
  changes.emit(event('failed', 'two'));
  changes.emit(event('ready'));
  expect(stateOf(await stream.next())).toBe('ready');
});

test('a reader that leaves while it waits is let go', async () => {
  const stream = begin(new Changes(), async () => event('ready'));
  await stream.next();
  const waiting = stream.next();
  await stream.return?.();
  expect((await waiting).done).toBe(true);
});

test('it ends after purged, when the hub closes, and where the state cannot be read', async () => {
  const changes = new Changes();
  const purged = begin(changes, async () => event('deleting'));
  await purged.next();
  changes.emit(event('purged'));
  expect(stateOf(await purged.next())).toBe('purged');
  expect((await purged.next()).done).toBe(true);

  const open = begin(changes, async () => event('ready'));
  await open.next();
  const waiting = open.next();
  changes.close();
  expect((await waiting).done).toBe(true);

  const broken = begin(changes, () => Promise.reject(new Error('gone')));
  expect((await broken.next()).done).toBe(true);
});
