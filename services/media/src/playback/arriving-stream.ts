import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@ptsdly/contract';
import { ClientGone } from '@ptsdly/kit';
import type { Packaged } from './packaged.ts';

/** Between two looks whether more has come. */
const LOOK_MS = 100;
/** An upload that rests for longer is not waited for: the player asks again. */
const PATIENCE_MS = 60_000;

export interface ArrivingStreamOptions {
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Whether whoever reads has left. */
  readonly isGone: () => boolean;
  /** Milliseconds without a byte after which it gives up. */
  readonly patience?: number;
}

/**
 * The bytes of an original from `start` up to but not including `end`; those too that are still to come, each as soon as
 * it is there. Rejects with `unavailable` when none comes for too long.
 */
export async function streamAsItArrives(
  { source, arrived }: Pick<Packaged, 'source' | 'arrived'>,
  start: number,
  end: number,
  { write, isGone, patience = PATIENCE_MS }: ArrivingStreamOptions,
): Promise<void> {
  let waitingSince = performance.now();
  for (let at = start; at < end; ) {
    const there = Math.min(end, arrived?.() ?? end);
    if (there > at) {
      await source.stream(at, there, write);
      at = there;
      waitingSince = performance.now();
      continue;
    }
    if (isGone()) throw new ClientGone();
    if (performance.now() - waitingSince > patience) throw new Problem('unavailable', { retryAfter: 2 });
    await pause(LOOK_MS);
  }
}
