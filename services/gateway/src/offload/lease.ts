/** When a right that was given is asked for again. */
const RENEW_MS = 300;
/** How long after it was asked for it lasts at most. */
const LEASE_MS = 900;

/**
 * A right to send that ends by itself: no later than `LEASE_MS` after the moment in which it was last asked for and
 * given, as an answer may be late but was never given before it was asked for. It is asked for again all the time, until
 * the returned function is called; `lost` is called once, when it was refused or not given in time.
 */
export function holdLease(
  askedAt: number,
  ask: (signal: AbortSignal) => Promise<void>,
  lost: (reason: unknown) => void,
): () => void {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const lose = (reason: unknown) => {
    if (over.signal.aborted) return;
    over.abort();
    lost(reason);
  };
  const renew = async (from: number) => {
    const now = performance.now();
    const end = setTimeout(() => lose(new Error('the right was not renewed in time')), from + LEASE_MS - now);
    try {
      await ask(over.signal);
      if (!over.signal.aborted) next(now);
    } catch (error) {
      lose(error);
    } finally {
      clearTimeout(end);
    }
  };
  const next = (from: number) => {
    timer = setTimeout(() => void renew(from), Math.max(0, from + RENEW_MS - performance.now()));
  };
  next(askedAt);
  return () => {
    clearTimeout(timer);
    over.abort();
  };
}
