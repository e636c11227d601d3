import type { HostErrorKind } from './hosts/host.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** First and longest pause. Room comes back in minutes, not seconds. */
const pauses = {
  retry: [SECOND, 5 * MINUTE],
  capacity: [30 * SECOND, 10 * MINUTE],
} as const;

/**
 * Milliseconds until the next try, doubling with each; null when trying again cannot help. Half of it is jitter
 * (`random` in 0..1), so that many servers do not come back at the same moment.
 */
export function backoff(kind: HostErrorKind, attempts: number, random: number): number | null {
  if (kind === 'stop') return null;
  const [first, longest] = pauses[kind];
  const pause = Math.min(first * 2 ** Math.min(attempts - 1, 30), longest);
  return Math.round(pause / 2 + (pause / 2) * random);
}
