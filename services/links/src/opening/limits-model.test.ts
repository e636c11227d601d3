import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { onEachStore } from '../testing/each-store.ts';
import { type Neighbourhood, neighbourhood, problemOf, targetOf } from '../testing/stand-ins.ts';

const RUNS = 25;
const WINDOW_MS = 600_000;

/** What a link may do, told in the simplest way that could be right. */
interface Model {
  opensAt: number | null;
  expiresAt: number | null;
  maxViews: number | null;
  views: number;
  revoked: boolean;
  takenDown: boolean;
  /** Since when each viewer's cookie says that a view is theirs. A change that ends sessions ends these as well. */
  viewers: Map<number, number>;
}

function expected(model: Model, viewer: number, now: number): string {
  if (model.takenDown) return 'taken_down';
  if (model.revoked) return 'link_revoked';
  if (model.expiresAt !== null && now >= model.expiresAt) return 'link_expired';
  if (model.opensAt !== null && now < model.opensAt) return 'not_open_yet';
  const takenAt = model.viewers.get(viewer);
  const age = takenAt === undefined ? undefined : Math.floor(now / 1000) - Math.floor(takenAt / 1000);
  if (age !== undefined && age >= 0 && age < WINDOW_MS / 1000) return 'again';
  return model.maxViews !== null && model.views >= model.maxViews ? 'link_used_up' : 'view';
}

const hours = fc.integer({ min: -3, max: 3 }).map((n) => n * 3_600_000);
const moment = fc.option(hours);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('open' as const), viewer: fc.integer({ min: 0, max: 2 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      ms: fc.oneof(hours, fc.integer({ min: -700_000, max: 700_000 })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      opensAt: moment,
      expiresAt: moment,
      maxViews: fc.option(fc.integer({ min: 1, max: 3 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('revoke' as const, 'takedown' as const, 'restore' as const) }),
  },
);

onEachStore((newUrl) => {
  let here: Neighbourhood;
  beforeAll(async () => {
    here = await neighbourhood({ kvUrl: newUrl() });
  });
  afterEach(() => void vi.useRealTimers());
  afterAll(() => here.close());

  test('over any steps and jumps of the clock a link does what a simple model of its limits says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), (steps) => agree(here, steps)),
      {
        numRuns: RUNS,
      },
    );
  }, 60_000);
});

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function agree(here: Neighbourhood, steps: readonly Step[]): Promise<void> {
  const { id, code } = await (await here.as('ann')).createLink({ body: targetOf('ann') });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  const model: Model = {
    opensAt: null,
    expiresAt: null,
    maxViews: null,
    views: 0,
    revoked: false,
    takenDown: false,
    viewers: new Map(),
  };
  const cookies = new Map<number, string>();
  for (const one of steps) {
    const now = Date.now();
    if (one.do === 'jump') vi.setSystemTime(now + one.ms);
    else if (one.do === 'open') await openAndCompare(here, code, model, cookies, one.viewer);
    else if (one.do === 'change') await change(here, id, model, one);
    else await end(here, { id, code }, model, one.do);
  }
  vi.useRealTimers();
}

async function openAndCompare(
  here: Neighbourhood,
  code: string,
  model: Model,
  cookies: Map<number, string>,
  viewer: number,
): Promise<void> {
  const now = Date.now();
  const right = expected(model, viewer, now);
  const cookie = cookies.get(viewer);
  const response = await here.service.fetch(
    new Request(`http://service/api/links/${code}/open`, {
      method: 'POST',
      headers: { ...(cookie ? { cookie } : {}) },
    }),
  );
  const set = response.headers.get('set-cookie');
  const seen = response.ok ? (set ? 'view' : 'again') : ((await response.json()) as { code: string }).code;
  expect(seen).toBe(right);
  if (set) cookies.set(viewer, set.split(';')[0] ?? '');
  if (seen === 'view') {
    model.views += 1;
    model.viewers.set(viewer, now);
  }
}

async function change(
  here: Neighbourhood,
  id: string,
  model: Model,
  step: Extract<Step, { do: 'change' }>,
): Promise<void> {
  const now = Date.now();
  const at = (offset: number | null) => (offset === null ? null : now + offset);
  const next = { opensAt: at(step.opensAt), expiresAt: at(step.expiresAt), maxViews: step.maxViews };
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  const body = { opensAt: iso(next.opensAt), expiresAt: iso(next.expiresAt), maxViews: next.maxViews };
  const seen = await problemOf((await here.as('ann')).updateLink({ params: { id }, body }));
  const impossible = next.opensAt !== null && next.expiresAt !== null && next.opensAt >= next.expiresAt;
  expect(seen).toBe(model.revoked ? 'not_found' : impossible ? 'invalid_fields' : 'none');
  if (seen !== 'none') return;
  const sooner = (next.expiresAt ?? Infinity) < (model.expiresAt ?? Infinity);
  const closed = next.opensAt !== null && next.opensAt > now;
  if (sooner || closed) model.viewers.clear();
  Object.assign(model, next);
}

async function end(
  here: Neighbourhood,
  { id, code }: { id: string; code: string },
  model: Model,
  what: 'revoke' | 'takedown' | 'restore',
): Promise<void> {
  const input = { params: { code }, body: { note: 'test' } };
  if (what === 'revoke') {
    await (await here.as('ann')).revokeLink({ params: { id } });
    model.revoked = true;
    model.takenDown = false;
  } else if (what === 'takedown' && !model.revoked) {
    await here.internal().takeDown(input);
    if (!model.takenDown) model.viewers.clear();
    model.takenDown = true;
  } else if (what === 'restore' && model.takenDown) {
    await here.internal().restore(input);
    model.takenDown = false;
    model.viewers.clear();
  }
}
