/** Time as the service sees it, so that tests move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** ISO 8601 in UTC, as the contract carries times. */
export const isoTime = (clock: Clock): string => new Date(clock.now()).toISOString();
