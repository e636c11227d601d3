import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { type Lease, type Priority, Slots } from './slots.ts';

let clock = 0;
let slots: Slots;
/** What happened, in order: `+name` got a slot, `-name` was suspended, `~name` goes on. */
let events: string[] = [];
const leases = new Map<string, Lease>();

beforeEach(() => {
  clock = 0;
  events = [];
  leases.clear();
  slots = new Slots(1, () => clock);
});

/** `server/name` asks for a slot. */
function ask(name: string, priority: Priority = 'background', signal = new AbortController().signal) {
  const [serverId = ''] = name.split('/');
  const asked = slots.lease({
    ...{ serverId, priority, signal },
    suspend: () => events.push(`-${name}`),
    resume: () => events.push(`~${name}`),
  });
  return asked?.then((lease) => {
    leases.set(name, lease);
    events.push(`+${name}`);
  });
}

async function end(name: string): Promise<void> {
  leases.get(name)?.release();
  await turn();
}

test('servers take turns, however many tasks one of them brings', async () => {
  for (const name of ['a/1', 'a/2', 'a/3', 'b/1', 'c/1', 'b/2']) void ask(name);
  await turn();
  for (const name of ['a/1', 'b/1', 'c/1', 'a/2', 'b/2', 'a/3']) await end(name);
  expect(events).toEqual(['+a/1', '+b/1', '+c/1', '+a/2', '+b/2', '+a/3']);
  expect([slots.running, slots.waiting]).toEqual([0, 0]);
});

test('a viewer suspends background work, which goes on afterwards', async () => {
  void ask('a/1');
  await turn();
  void ask('a/2');
  void ask('b/watch', 'viewer');
  await turn();
  expect(events).toEqual(['+a/1', '-a/1', '+b/watch']);
  expect([slots.running, slots.waiting]).toEqual([1, 2]);
  await end('b/watch');
  expect(events.at(-1)).toBe('~a/1');
  void ask('b/more', 'viewer');
  await turn();
  expect(events.slice(-2)).toEqual(['-a/1', '+b/more']);
});

test('a viewer suspends no viewer, and no more work than there are slots', async () => {
  void ask('a/1');
  await turn();
  void ask('b/1', 'viewer');
  void ask('c/1', 'viewer');
  await turn();
  expect(events).toEqual(['+a/1', '-a/1', '+b/1']);
  await end('b/1');
  expect(events.at(-1)).toBe('+c/1');
});

test('what was held up for a minute waits for viewers no longer', async () => {
  void ask('a/1');
  await turn();
  void ask('b/1', 'viewer');
  void ask('b/2', 'viewer');
  await turn();
  clock = 61_000;
  await end('b/1');
  expect(events.at(-1)).toBe('~a/1');
  void ask('b/3', 'viewer');
  await turn();
  expect(events.at(-1)).toBe('~a/1');
  await end('a/1');
  expect(events.at(-1)).toBe('+b/2');
});

test('several slots go to several servers before one server has two', async () => {
  slots = new Slots(2, () => clock);
  void ask('a/1');
  void ask('a/2');
  void ask('a/3');
  void ask('b/1');
  await turn();
  await end('a/1');
  expect(events).toEqual(['+a/1', '+a/2', '+b/1']);
});

test('who goes leaves the line; who has a slot gives it back once', async () => {
  const gone = new AbortController();
  void ask('a/1');
  const left = ask('b/1', 'background', gone.signal);
  void ask('c/1');
  await turn();
  gone.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  await end('a/1');
  await end('a/1');
  expect(events).toEqual(['+a/1', '+c/1']);
  expect([slots.running, slots.waiting]).toEqual([1, 0]);
});

test('the line of one server is bounded', async () => {
  const line = Array.from({ length: 70 }, (_, i) => ask(`a/${i}`));
  expect(line.filter((asked) => asked === undefined)).toHaveLength(5); // one runs, 64 wait
  expect(ask('b/1')).toBeDefined();
});

test('a server holds no more slots than its share, and its viewer takes the place of its own background work', async () => {
  slots = new Slots(3, () => clock);
  const one = (name: string, priority: Priority = 'background') => {
    const asked = slots.lease({
      ...{ serverId: 'a', priority, share: 1, signal: new AbortController().signal },
      suspend: () => events.push(`-${name}`),
      resume: () => events.push(`~${name}`),
    });
    void asked?.then((lease) => {
      leases.set(name, lease);
      events.push(`+${name}`);
    });
  };
  one('a/1');
  one('a/2');
  void ask('b/1');
  await turn();
  expect(events).toEqual(['+a/1', '+b/1']);
  one('a/v', 'viewer');
  await turn();
  expect(events).toEqual(['+a/1', '+b/1', '-a/1', '+a/v']);
  await end('a/v');
  await end('a/1');
  expect(events.slice(4)).toEqual(['~a/1', '+a/2']);
});
