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
  };
}

/** Where a service keeps how far it has followed another's feed. */
export function feedCursor(kv: Kv, feed: string) {
  const key = `cursor/${feed}`;
  return {
    load: async (): Promise<number> => (await kv.get<number>(key)) ?? 0,
    save: (seq: number): Promise<void> => kv.put(key, seq),
  };
}

/** How far consumers have applied a feed that several processes serve over one store. */
export function sharedProgress(kv: Kv) {
  const key = (consumer: string) => `applied/${encodeURIComponent(consumer)}`;
  return {
    load: async (consumer: string): Promise<number> => (await kv.get<number>(key(consumer))) ?? -1,
    save: (consumer: string, seq: number): Promise<void> => kv.put(key(consumer), seq),
  };
}
