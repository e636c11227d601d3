import { linkLeaseSeconds } from '@ptsdly/contract';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LinkLease } from './link-lease.ts';

const LEASE_MS = linkLeaseSeconds * 1000;

const now = { monotonic: 0, wall: 1_000_000 };
let hurries = 0;
let cuts = 0;
let shown = false;
let lease: LinkLease;

beforeEach(() => {
  vi.useFakeTimers();
  [now.monotonic, now.wall, hurries, cuts, shown] = [0, 1_000_000, 0, 0, false];
  lease = new LinkLease({
    responses: { breakOff: () => void cuts++, shows: () => shown },
    hurry: () => void hurries++,
    now: () => ({ ...now }),
  });
});
afterEach(() => {
  lease.close();
  vi.useRealTimers();
});

async function pass(ms: number, suspended = 0): Promise<void> {
  now.monotonic += ms;
  now.wall += ms + suspended;
  await vi.advanceTimersByTimeAsync(ms);
}

/** What becomes of somebody who wants to see something now. */
async function wants(): Promise<string> {
  const outcome = lease.hold().then(
    () => 'shown',
    (problem: { code: string }) => problem.code,
  );
  return Promise.race([outcome, pass(10_001).then(() => outcome)]);
}

test('it begins with the question and not with the answer', async () => {
  const answered = lease.ask();
  await pass(LEASE_MS - 100);
  answered();
  await expect(lease.hold()).resolves.toBeUndefined();
  await pass(200);
  expect(await wants()).toBe('unavailable');
});

test('a viewer waits for the answer, and asks for one at once', async () => {
  const outcome = lease.hold();
  expect(hurries).toBeGreaterThan(0);
  lease.ask()();
  await expect(outcome).resolves.toBeUndefined();
});

test('what is being shown is cut when it lapses, soon enough for the second that a revocation has', async () => {
  lease.ask()();
  await lease.hold();
  shown = true;
  await pass(LEASE_MS - 200);
  expect(cuts).toBe(0);
  await pass(600);
  expect(cuts).toBeGreaterThan(0);
});

test('a machine that slept has lost it, though its own clock stood still', async () => {
  lease.ask()();
  await lease.hold();
  shown = true;
  await pass(250, 3_600_000);
  expect(cuts).toBeGreaterThan(0);
});

test('a clock that is set back does not lengthen it', async () => {
  lease.ask()();
  await lease.hold();
  now.wall -= 3_600_000;
  await pass(LEASE_MS + 1);
  expect(await wants()).toBe('unavailable');
});

test('the feed is asked often only while somebody watches', async () => {
  expect(lease.wait).toBe(20);
  lease.ask()();
  await lease.hold();
  expect(lease.wait).toBeLessThan(linkLeaseSeconds / 3);
  shown = true;
  await pass(60_000);
  expect(lease.wait).toBeLessThan(linkLeaseSeconds / 3);
  shown = false;
  await pass(1000);
  expect(lease.wait).toBe(20);
});
