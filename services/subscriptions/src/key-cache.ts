import { type CallOutput, type identityInternalApi, Problem } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';

export type KeySet = CallOutput<typeof identityInternalApi.keys>;

const FRESH_MS = 60_000;

/**
 * The public keys of an issuer, asked for once a minute at most however many media servers ask, and kept while
 * the issuer is away. Rejects with `unavailable` when they were never had.
 */
export function cachedKeys(issuer: string, fetchKeys: () => Promise<KeySet>, log: Logger) {
  let kept: KeySet | undefined;
  let keptAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<KeySet> | undefined;

  const ask = async (): Promise<KeySet> => {
    try {
      kept = await fetchKeys();
      keptAt = performance.now();
      return kept;
    } catch (cause) {
      if (!kept) throw new Problem('unavailable', { cause, retryAfter: 1 });
      log.warn({ err: cause, issuer }, 'the issuer is away; its last keys are used');
      return kept;
    }
  };
  return async (): Promise<KeySet> => {
    if (kept && performance.now() - keptAt < FRESH_MS) return kept;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
