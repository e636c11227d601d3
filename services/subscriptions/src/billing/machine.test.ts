import { readFileSync } from 'node:fs';
import type { ServerState } from '@ptsdly/contract';
import { describe, expect, test } from 'vitest';
import type { HostState } from '../hosts/host.ts';
import { next } from '../next.ts';
import type { Desired } from '../schema.ts';
import { billingMachine, drawing, serviceMachine } from './machine.ts';
import { wishOf } from './service-wish.ts';

const page = readFileSync(new URL('../../../../docs/subscriptions.md', import.meta.url), 'utf8');

describe('the drawings in the documents are the tables', () => {
  test('billing', () => {
    expect(page).toContain(`\`\`\`mermaid\n${drawing(billingMachine, 'incomplete')}\n\`\`\``);
  });
  test('service', () => {
    expect(page).toContain(`\`\`\`mermaid\n${drawing(serviceMachine, 'requested')}\n\`\`\``);
  });
});

/** The states in which a server can be whose row asks for this. */
const plausible: Readonly<Record<Desired, readonly ServerState[]>> = {
  held: ['requested'],
  running: ['provisioning', 'starting', 'ready', 'asleep', 'waking', 'upgrading', 'suspended', 'failed'],
  asleep: ['ready', 'asleep'],
  stopped: ['suspended'],
  purged: ['deleting'],
};
const hostStates: readonly HostState[] = ['stopped', 'asleep', 'starting', 'ready', 'failed'];

test('every step of the reconcile loop is in the table, or stays where it is', () => {
  const sights = hostStates.flatMap((state) =>
    [4, 5].map((generation) => ({ generation, state, detail: null })),
  );
  const taken = new Set<string>(['requested --> provisioning']);
  const missing = new Set<string>();
  for (const [desired, states] of Object.entries(plausible) as [Desired, ServerState[]][]) {
    for (const state of states) {
      for (const observed of [null, ...sights]) {
        const to = next({ desired, state, generation: 5 }, observed).state;
        taken.add(`${state} --> ${to}`);
        if (to !== state && !Object.values<string>(serviceMachine[state]).includes(to)) {
          missing.add(`${state} --> ${to}`);
        }
      }
    }
  }
  expect([...missing].sort()).toEqual([]);
  // And nothing is drawn that never happens; the rows say `suspended` and `deleting` themselves.
  const drawn = Object.entries(serviceMachine).flatMap(([from, events]) =>
    Object.values<string>(events).map((to) => `${from} --> ${to}`),
  );
  const unused = drawn.filter((step) => !taken.has(step) && !/(suspended|deleting)$/.test(step));
  expect(unused).toEqual([]);
});

test('only the end of the retention time removes data', () => {
  const row = { suspendedFor: null, exportUntil: null };
  for (const state of ['incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'canceled'] as const) {
    expect(wishOf({ ...row, state }, 0)).not.toBe('purged');
  }
  const ways = Object.entries(billingMachine).filter(([, events]) => 'purged' in events);
  expect(ways.map(([state]) => state)).toEqual(['canceled']);
  expect(wishOf({ ...row, state: 'ended' }, 0)).toBe('purged');
});
