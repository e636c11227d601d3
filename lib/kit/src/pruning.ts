import type { Logger } from './log.ts';

/** How long a fact can be read: far longer than any play session, sign-in or outage that we bridge. */
const KEEP_MS = 30 * 24 * 3_600_000;
const EVERY_MS = 3_600_000;

export interface Pruning {
  close(): Promise<void>;
}

/**
 * Removes from an outbox, at the start and every hour, what is older than 30 days. `prune` is given that time (ISO 8601);
 * it spares what somebody who must hear everything has not applied yet, and answers how many events went.
 */
export function pruneRegularly(prune: (before: string) => Promise<number>, log: Logger): Pruning {
  let running: Promise<void> = Promise.resolve();
  const run = async () => {
    try {
      const gone = await prune(new Date(Date.now() - KEEP_MS).toISOString());
      if (gone > 0) log.info({ gone }, 'old events were removed');
    } catch (err) {
      log.warn({ err }, 'old events could not be removed');
    }
  };
  const begin = () => {
    running = running.then(run);
  };
  begin();
  const timer = setInterval(begin, EVERY_MS).unref();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
