import { Problem } from '@ptsdly/contract';

export interface ControlRate {
  /** Calls that may come at once. */
  readonly burst: number;
  /** Calls a second that may go on coming. */
  readonly perSecond: number;
}

/** A server with thousands of videos tells of them all at its first start, and of a few a minute later on. */
export const usualRate: ControlRate = { burst: 500, perSecond: 20 };

/**
 * Bounds what a media server may write to the control plane: it may be in hostile hands. Its news is kept until it is
 * taken, so who is told to wait loses nothing. A token bucket.
 */
export function limitControl({ burst, perSecond }: ControlRate, now = () => performance.now()): () => void {
  let left = burst;
  let at = now();
  return () => {
    const moment = now();
    left = Math.min(burst, left + ((moment - at) / 1000) * perSecond);
    at = moment;
    if (left < 1) throw new Problem('rate_limited', { retryAfter: Math.ceil(1 / perSecond) });
    left--;
  };
}
