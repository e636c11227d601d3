import type { Kv, Tx } from './kv.ts';

const LAST = 'outbox-last';
const PREFIX = 'outbox/';
/** Digits enough for 2^53, so that the order of the keys is the order of the numbers. */
const eventKey = (seq: number) => PREFIX + String(seq).padStart(16, '0');

interface StoredEvent {
  readonly at: string;
  readonly data: unknown;
}

/** Writes one fact in the transaction that makes it true. Returns its number: 1, 2, … without a gap. */
export async function appendEvent(tx: Tx, data: object): Promise<number> {
  const seq = ((await tx.get<number>(LAST)) ?? 0) + 1;
  tx.put(LAST, seq);
  tx.put(eventKey(seq), { at: new Date().toISOString(), data } satisfies StoredEvent);
  return seq;
}

/** Lets the next event have a number that is higher by so many: whoever has read ahead misses none. */
export const skipEvents = (kv: Kv, count: number): Promise<void> =>
  kv.transaction(async (tx) => tx.put(LAST, ((await tx.get<number>(LAST)) ?? 0) + count));

/** The number of the newest event; 0 where there is none. */
export const lastEvent = async (kv: Kv): Promise<number> => (await kv.get<number>(LAST)) ?? 0;

/** Reads a service's outbox, for its feed. `E` is the event data that the service writes. */
export function readOutbox<E>(kv: Kv) {
  return {
    async read(after: number, limit: number): Promise<{ seq: number; at: string; data: E }[]> {
      const entries = await kv.scan<StoredEvent>({ prefix: PREFIX, after: eventKey(after), limit });
      return entries.map(({ key, value }) => ({
        seq: Number(key.slice(PREFIX.length)),
        at: value.at,
        data: value.data as E,
      }));
    },
    last: () => lastEvent(kv),
  };
}

/** How many events are removed at once. */
const SLICE = 500;

/**
 * Removes events written before a time (ISO 8601), except what somebody in `needed` has not applied yet, and whatever
 * stands after that. Returns how many went.
 */
export async function pruneOutbox(kv: Kv, before: string, needed: readonly string[]): Promise<number> {
  const progress = sharedProgress(kv);
  const applied = await Promise.all(needed.map((name) => progress.load(name)));
  const upTo = Math.min(...applied, Number.MAX_SAFE_INTEGER);
  for (let gone = 0; ; ) {
    const page = await kv.scan<StoredEvent>({ prefix: PREFIX, limit: SLICE });
    const kept = page.findIndex(
      ({ key, value }) => value.at >= before || Number(key.slice(PREFIX.length)) > upTo,
    );
    const old = kept === -1 ? page : page.slice(0, kept);
    if (old.length === 0) return gone;
    await kv.transaction((tx) => {
      for (const { key } of old) tx.remove(key);
    });
    gone += old.length;
  }
}

/** Where a service keeps how far it has followed another's feed. */
export function feedCursor(kv: Kv, feed: string) {
  const key = `cursor/${feed}`;
  return {
    load: async (): Promise<number> => (await kv.get<number>(key)) ?? 0,
    save: (seq: number): Promise<void> => kv.put(key, seq),
  };
}

/**
 * How far consumers have applied a feed: all of them, where several processes serve it over one store, else those that
 * must hear every event.
 */
export function sharedProgress(kv: Kv, needed: readonly string[] = []) {
  const key = (consumer: string) => `applied/${encodeURIComponent(consumer)}`;
  return {
    load: async (consumer: string): Promise<number> => (await kv.get<number>(key(consumer))) ?? -1,
    async save(consumer: string, seq: number): Promise<void> {
      if (kv.shared || needed.includes(consumer)) await kv.put(key(consumer), seq);
    },
  };
}
