import type { Bell } from '@ptsdly/kit';
import { type Kv, lastEvent } from '@ptsdly/kv';

const LOOK_MS = 100;

/**
 * Rings the bell for what other processes write into a store that they share: one small read, ten times a second,
 * on behalf of all who wait. Returns the end of it.
 */
export function watchOutbox(kv: Kv, bell: Bell): () => void {
  if (!kv.shared) return () => undefined;
  let last = -1;
  let looking = false;
  const look = async () => {
    const seq = await lastEvent(kv);
    if (seq !== last) bell.ring();
    last = seq;
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    const done = () => {
      looking = false;
    };
    look().then(done, done); // the readers of the feed see themselves that the store is away
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
