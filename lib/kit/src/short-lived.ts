import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of dead buffers that may pile up before the young generation is swept. */
const SWEEP_EVERY = 32 * 1024 * 1024;

type Collect = (options: { type: 'minor' }) => void;

let collect: Collect | undefined;
let passed = 0;

/**
 * Counts bytes that went through buffers of a moment, and sweeps the young generation from time to time. Node
 * gives every 64 KiB of a body a buffer of its own; V8 sees only memory outside its heap grow and answers by
 * marking the whole heap, over and over: measured, half of the processor time of an upload. A minor collection
 * every 32 MiB takes a few milliseconds and leaves it nothing to mark.
 */
export function countShortLived(bytes: number): void {
  passed += bytes;
  if (passed < SWEEP_EVERY) return;
  passed = 0;
  collect ??= exposeCollector();
  collect({ type: 'minor' });
}

/** V8 hands out its collector only in contexts made after the flag was set. */
function exposeCollector(): Collect {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  return typeof found === 'function' ? (found as Collect) : () => undefined;
}
