import { serverState } from '@ptsdly/contract';
import { describe, expect, test } from 'vitest';
import type { HostState } from './hosts/host.ts';
import { type Action, next } from './next.ts';
import type { Desired } from './schema.ts';

const desires: readonly Desired[] = ['running', 'asleep', 'stopped', 'purged'];
const hostStates: readonly HostState[] = ['stopped', 'asleep', 'starting', 'ready', 'failed'];
const GENERATION = 5;

type Seen = { generation: number; state: HostState; detail: string | null } | null;
const sights: readonly Seen[] = [
  null,
  ...hostStates.flatMap((state) =>
    [4, 5, 6].map((generation) => ({ generation, state, detail: state === 'failed' ? 'why' : null })),
  ),
];

const heldCases = sights.map((observed) => ({
  server: { desired: 'held', state: 'requested', generation: GENERATION } as const,
  observed,
}));
const runCases = desires.flatMap((desired) =>
  serverState.options.flatMap((state) =>
    sights.map((observed) => ({ server: { desired, state, generation: GENERATION }, observed })),
  ),
);

const cases = [...runCases, ...heldCases];

/** The rules as a table: the first line that fits says what must come out. `*` fits everything. */
const NEW = ['requested', 'provisioning'];
const RESTING = ['asleep', 'waking'];
const rules: readonly (readonly [
  desired: Desired,
  state: readonly string[] | '*',
  observed: 'absent' | HostState | '*',
  generation: 'same' | 'other' | '*',
  action: string,
])[] = [
  ['held', ['requested'], '*', '*', 'none requested'],
  ['purged', ['purged'], '*', '*', 'none purged'],
  ['purged', '*', 'absent', '*', 'none purged'],
  ['purged', '*', '*', '*', 'destroy deleting'],

  ['stopped', '*', 'absent', '*', 'none suspended'],
  ['stopped', '*', 'stopped', '*', 'none suspended'],
  ['stopped', '*', 'asleep', '*', 'none suspended'],
  ['stopped', '*', '*', '*', 'sleep suspended'],

  ['asleep', '*', 'absent', '*', 'none asleep'],
  ['asleep', '*', 'stopped', '*', 'none asleep'],
  ['asleep', '*', 'asleep', '*', 'none asleep'],
  ['asleep', '*', '*', '*', 'sleep asleep'],

  ['running', '*', 'absent', '*', 'ensure provisioning'],
  ['running', NEW, 'stopped', '*', 'ensure provisioning'],
  ['running', RESTING, 'stopped', '*', 'ensure waking'],
  ['running', '*', 'stopped', '*', 'ensure starting'],
  ['running', NEW, '*', 'other', 'ensure provisioning'],
  ['running', RESTING, '*', 'other', 'ensure waking'],
  ['running', '*', '*', 'other', 'ensure upgrading'],
  ['running', '*', 'asleep', 'same', 'wake waking'],
  ['running', ['waking'], 'starting', 'same', 'wait waking'],
  ['running', ['upgrading'], 'starting', 'same', 'wait upgrading'],
  ['running', '*', 'starting', 'same', 'wait starting'],
  ['running', '*', 'ready', 'same', 'none ready'],
  ['running', '*', 'failed', 'same', 'wait failed'],
];

function expected({ server, observed }: (typeof cases)[number]): string | undefined {
  const sight = observed?.state ?? 'absent';
  const generation = observed?.generation === GENERATION ? 'same' : 'other';
  return rules.find(
    ([desired, state, seen, gen]) =>
      desired === server.desired &&
      (state === '*' || state.includes(server.state)) &&
      (seen === '*' || seen === sight) &&
      (gen === '*' || gen === generation),
  )?.[4];
}

describe('next', () => {
  test('every combination of desire, state and sight does what the table says', () => {
    expect(cases).toHaveLength((4 * 11 + 1) * 16);
    const wrong = cases.filter(({ server, observed }) => {
      const action = next(server, observed);
      return `${action.do} ${action.state}` !== expected({ server, observed });
    });
    expect(wrong).toEqual([]);
  });

  test('every line of the table is used', () => {
    const used = new Set(cases.map(expected));
    for (const [, , , , action] of rules) expect(used).toContain(action);
  });

  test('only a failed server has a reason, and the host gives it', () => {
    for (const { server, observed } of cases) {
      const { state, failure } = next(server, observed);
      expect(failure).toBe(state === 'failed' ? 'why' : null);
    }
  });

  test('from everywhere it comes to rest in a few steps, with at most one call of each kind', () => {
    for (const { server, observed } of cases) {
      if (server.desired === 'held') continue;
      const { calls, state } = settle(server, observed);
      expect(new Set(calls).size).toBe(calls.length);
      const rest = { running: 'ready', asleep: 'asleep', stopped: 'suspended', purged: 'purged' } as const;
      expect(state).toBe(rest[server.desired]);
    }
  });
});

/** Follows `next` on a host where every call succeeds. */
function settle(server: (typeof cases)[number]['server'], observed: Seen) {
  let now: Seen = observed;
  let state = server.state;
  const calls: Action['do'][] = [];
  for (let step = 0; step < 6; step++) {
    const action = next({ ...server, state }, now);
    state = action.state;
    if (action.do === 'none') return { calls, state };
    if (action.do === 'wait') now = now && { ...now, state: 'ready', detail: null };
    else {
      calls.push(action.do);
      now = after(action.do, now);
    }
  }
  return { calls, state };
}

function after(call: Action['do'], before: Seen): Seen {
  if (call === 'destroy') return null;
  if (call === 'sleep') return before && { ...before, state: 'asleep' };
  if (call === 'wake') return before && { ...before, state: 'starting' };
  return { generation: GENERATION, state: 'starting', detail: null };
}
