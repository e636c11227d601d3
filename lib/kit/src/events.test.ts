import type { Event } from '@ptsdly/contract';
import { expect, test } from 'vitest';
import { Bell, Feed, follow, reach, silentLog } from './index.ts';

function memoryFeed() {
  const events: Event[] = [];
  const bell = new Bell();
  const feed = new Feed(
    { read: async (after, limit) => events.filter((e) => e.seq > after).slice(0, limit) },
    bell,
  );
  const add = (serverId: string) => {
    const data = { type: 'video.deleted', serverId, videoId: 'v' } as const;
    events.push({ seq: events.length + 1, at: new Date().toISOString(), data });
    bell.ring();
    return events.length;
  };
  /** The feed as a peer; `away` makes it fail. */
  const state = { away: false };
  const peer = reach({
    fetch: async (request: Request) => {
      if (state.away) throw new Error('away');
      const query = new URL(request.url).searchParams;
      const page = await feed.page({
        after: query.get('after') === 'end' ? 'end' : Number(query.get('after')),
        limit: 2,
        wait: Number(query.get('wait')),
        serverId: query.get('serverId') ?? undefined,
        consumer: query.get('consumer') ?? undefined,
      });
      return Response.json(page);
    },
  });
  return { feed, add, peer, state };
}

function memoryCursor(start = 0) {
  const cursor = { at: start };
  return {
    cursor,
    load: async () => cursor.at,
    save: async (seq: number) => {
      cursor.at = seq;
    },
  };
}

test('a page waits for news, and passes over what the filter leaves out', async () => {
  const { feed, add } = memoryFeed();
  const waiting = feed.page({ after: 0, limit: 10, wait: 10, serverId: 'a' });
  add('b');
  add('a');
  const page = await waiting;
  expect(page.items.map(({ seq }) => seq)).toEqual([2]);
  expect(page.next).toBe(2);
  expect(await feed.page({ after: 2, limit: 10, wait: 0 })).toEqual({ items: [], next: 2, complete: true });
  feed.close();
});

test('a follower applies all in order, catches up, and goes on through an outage', async () => {
  const { feed, add, peer, state } = memoryFeed();
  for (let i = 0; i < 5; i++) add('a');
  const applied: number[] = [];
  const arrived = new Map<number, () => void>();
  const until = (seq: number) =>
    applied.includes(seq) ? Promise.resolve() : new Promise<void>((resolve) => arrived.set(seq, resolve));
  const kept = memoryCursor();
  const follower = follow({
    ...peer,
    consumer: 'c',
    cursor: kept,
    apply: ({ seq }) => {
      applied.push(seq);
      arrived.get(seq)?.();
    },
    log: silentLog,
  });
  await follower.caughtUp;
  expect(applied).toEqual([1, 2, 3, 4, 5]);
  state.away = true;
  add('a');
  state.away = false;
  await until(6);
  expect(await feed.appliedBy('c', 6, 2000)).toBe(true);
  expect(kept.cursor.at).toBe(6);
  feed.close();
  await follower.close();
});

test('an event whose application fails is applied again', async () => {
  const { feed, add, peer } = memoryFeed();
  add('a');
  let attempts = 0;
  const follower = follow({
    ...peer,
    consumer: 'c',
    cursor: memoryCursor(),
    apply: () => {
      if (++attempts < 3) throw new Error('not yet');
    },
    log: silentLog,
  });
  await follower.caughtUp;
  expect(attempts).toBe(3);
  feed.close();
  await follower.close();
});

test('a consumer that does not come is not waited for', async () => {
  const { feed, add } = memoryFeed();
  expect(await feed.appliedBy('nobody', add('a'), 30)).toBe(false);
});

test('who follows from the end hears what comes and nothing of before, and keeps its place', async () => {
  const { feed, add, peer } = memoryFeed();
  for (let i = 0; i < 5; i++) add('old');
  const { cursor, load, save } = memoryCursor();
  const seen: number[] = [];
  const options = { ...peer, consumer: 'late', from: 'end', cursor: { load, save }, log: silentLog } as const;
  const follower = follow({ ...options, apply: ({ seq }) => void seen.push(seq) });
  await follower.caughtUp;
  expect([seen, cursor.at]).toEqual([[], 5]);
  add('new');
  await expect.poll(() => seen).toEqual([6]);
  await follower.close();
  add('missed');
  const again = follow({ ...options, apply: ({ seq }) => void seen.push(seq) });
  await expect.poll(() => seen).toEqual([6, 7]);
  expect(await feed.appliedBy('late', 6, 1000)).toBe(true);
  await again.close();
  feed.close();
});
