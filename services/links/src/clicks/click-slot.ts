import { randomUUID } from 'node:crypto';
import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';

/** A process that has written nothing for this long may be dead: another one may go on with its log. */
const LEASE_MS = 30_000;
const MAX_SLOTS = 1000;

/** Who writes the log of a slot, and until when it is surely theirs. */
interface Lease {
  readonly token: string;
  readonly until: number;
}

/** Another process has taken the slot over, with all that stands in its log. */
export class SlotLost extends Error {
  override readonly name = 'SlotLost';
}

/**
 * One of the logs of clicks, and the right to write it. Processes that share a store have a slot each, the lowest
 * that is free; they lose it to the next one when they have not written for long. Every write proves in its own
 * transaction that the slot is still ours, so that clocks and pauses only cost a new slot, never a count.
 */
export class ClickSlot {
  readonly number: number;
  readonly #kv: Kv;
  readonly #token: string | undefined;

  private constructor(kv: Kv, number: number, token?: string) {
    this.#kv = kv;
    this.number = number;
    this.#token = token;
  }

  /** The lowest slot that is free. */
  static async take(kv: Kv): Promise<ClickSlot> {
    if (!kv.shared) return new ClickSlot(kv, 0);
    for (let number = 0; number < MAX_SLOTS; number++) {
      const slot = await ClickSlot.tryTake(kv, number);
      if (slot) return slot;
    }
    throw new Error(`${MAX_SLOTS} processes write clicks already`);
  }

  /** A certain slot; undefined when somebody has it. */
  static async tryTake(kv: Kv, number: number): Promise<ClickSlot | undefined> {
    const token = randomUUID();
    const taken = await kv.transaction(async (tx) => {
      const lease = await tx.get<Lease>(keys.clickWriter(number));
      if (lease && lease.until > Date.now()) return false;
      tx.put(keys.clickWriter(number), { token, until: Date.now() + LEASE_MS } satisfies Lease);
      return true;
    });
    return taken ? new ClickSlot(kv, number, token) : undefined;
  }

  /** The other slots that were ever taken, and whether somebody has them now. */
  async others(): Promise<{ number: number; abandoned: boolean }[]> {
    if (this.#token === undefined) return [];
    const leases = await this.#kv.scan<Lease>({ prefix: keys.clickWriters, limit: MAX_SLOTS });
    return leases
      .filter(({ value }) => value.token !== this.#token)
      .map(({ key, value }) => ({
        number: Number(key.slice(keys.clickWriters.length)),
        abandoned: value.until <= Date.now(),
      }));
  }

  /** Makes a transaction depend on the slot being ours; rejects with `SlotLost`. */
  async hold(tx: Tx): Promise<void> {
    if (this.#token === undefined) return;
    const lease = await tx.get<Lease>(keys.clickWriter(this.number));
    if (lease?.token !== this.#token) throw new SlotLost();
    const now = Date.now();
    if (lease.until - now > LEASE_MS / 2) return;
    tx.put(keys.clickWriter(this.number), { token: this.#token, until: now + LEASE_MS } satisfies Lease);
  }

  /** Lets the next process have the slot at once. */
  async release(): Promise<void> {
    if (this.#token === undefined) return;
    await this.#kv.transaction(async (tx) => {
      const lease = await tx.get<Lease>(keys.clickWriter(this.number));
      if (lease?.token === this.#token) {
        tx.put(keys.clickWriter(this.number), { token: '', until: 0 } satisfies Lease);
      }
    });
  }
}
