import type { Event, Fetch } from '@ptsdly/contract';
import { afterEach, expect, test, vi } from 'vitest';
import { Bell, Feed, type Follower, type FollowOptions, follow, silentLog } from './index.ts';

let follower: Follower | undefined;
let feed: Feed | undefined;
afterEach(async () => {
  vi.useRealTimers();
  feed?.close();
  await follower?.close();
});

/** A feed with so many events, two to a page, and how long each question was ready to wait. */
function feedOf(count: number) {
  const bell = new Bell();
  const events = Array.from({ length: count }, (_, n): Event => {
    const data = { type: 'video.deleted', serverId: 's', videoId: 'v' } as const;
    return { seq: n + 1, at: new Date().toISOString(), data };
  });
  const read = async (after: number, limit: number) =>
    events.filter(({ seq }) => seq > after).slice(0, limit);
  const own = new Feed({ read }, bell);
  feed = own;
  const waits: number[] = [];
  const state = { silent: false };
  const fetch: Fetch = async (request) => {
    const query = new URL(request.url).searchParams;
    const wait = Number(query.get('wait'));
    waits.push(wait);
    if (!state.silent)
      return Response.json(await own.page({ after: Number(query.get('after')), limit: 2, wait }));
    return new Promise((_, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason));
    });
  };
  return { fetch, waits, state };
}

function followed(fetch: Fetch, options: Partial<FollowOptions> = {}): Follower {
  follower = follow({
    fetch: async (request) => {
      const aborted = new Promise<never>((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
      });
      return Promise.race([fetch(request), aborted]);
    },
    baseUrl: 'http://feed',
    consumer: 'c',
    cursor: { load: async () => 0, save: async () => undefined },
    apply: () => undefined,
    log: silentLog,
    ...options,
  });
  return follower;
}

test('who hurries is answered at once, and waits again afterwards', async () => {
  const { fetch, waits } = feedOf(0);
  const { caughtUp, hurry } = followed(fetch, { wait: () => 7 });
  await caughtUp;
  await expect.poll(() => waits).toEqual([0, 7]);
  hurry();
  await expect.poll(() => waits).toEqual([0, 7, 0, 7]);
});

test('a question counts once everything that stood there has been applied, and not before', async () => {
  const { fetch } = feedOf(5);
  const story: string[] = [];
  let asked = 0;
  const { caughtUp } = followed(fetch, {
    onAsk: () => {
      const own = ++asked;
      return () => story.push(`all of ${own}`);
    },
    apply: ({ seq }) => void story.push(String(seq)),
  });
  await caughtUp;
  expect(story).toEqual(['1', '2', '3', '4', '5', 'all of 3']);
});

test('what could not be applied does not count', async () => {
  const { fetch } = feedOf(1);
  let tries = 0;
  const counted: number[] = [];
  const { caughtUp } = followed(fetch, {
    onAsk: () => () => counted.push(tries),
    apply: () => {
      if (++tries < 2) throw new Error('not yet');
    },
  });
  await caughtUp;
  expect(counted).toEqual([2]);
});

test('a line that has gone silent is given up, and asked anew', async () => {
  const { fetch, waits, state } = feedOf(0);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { caughtUp } = followed(fetch, { wait: () => 2 });
  await caughtUp;
  state.silent = true;
  await vi.waitFor(async () => {
    await vi.advanceTimersByTimeAsync(500); // the wait that was answered still
    expect(waits.length).toBeGreaterThan(2);
  });
  const before = waits.length;
  state.silent = false;
  await vi.advanceTimersByTimeAsync(7100);
  vi.useRealTimers();
  await expect.poll(() => waits.length).toBeGreaterThan(before);
});
