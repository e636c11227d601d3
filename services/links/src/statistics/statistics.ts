import { createHmac, randomBytes } from 'node:crypto';
import type { CallOutput, linksApi } from '@ptsdly/contract';
import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import { type Device, deviceOf } from './device.ts';
import type { Referrals } from './referrals.ts';

/** Marks of viewers that are removed at once when their day is over. */
const SLICE = 500;
/** Hosts that are told apart in one answer. */
const SHOWN_HOSTS = 20;
const DAY_MS = 86_400_000;

/** What is kept of the views of one link on one day (UTC): sums, and nothing about any one viewer. */
interface DayRecord {
  readonly hours: readonly number[];
  readonly devices: Readonly<Partial<Record<Device, number>>>;
  readonly viewers: number;
}

/** Whom a view is counted for; nothing of it is kept. */
export interface Viewer {
  readonly client: string;
  readonly userAgent: string;
  /** Asked not to be followed (Sec-GPC, DNT): the view itself is counted, and nothing else. */
  readonly isPrivate: boolean;
}

/** The key of one day, under which viewers are told apart. It is replaced on the next day, and then nobody can. */
interface DayKey {
  readonly day: string;
  readonly key: string;
}

type Shown = Pick<CallOutput<typeof linksApi.linkStats>, 'uniqueViewers' | 'devices' | 'referrers' | 'days'>;

/**
 * Views by day, hour and class of device, in the transaction that takes the view; unique viewers of a day by a keyed
 * hash (HMAC-SHA-256 of link, address and user agent, cut to 72 bits), which is removed with its key when the day ends.
 */
export class Statistics {
  readonly #kv: Kv;
  readonly #referrals: Referrals;
  #today: DayKey | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(kv: Kv, referrals: Referrals) {
    this.#kv = kv;
    this.#referrals = referrals;
  }

  /** Has to be awaited before the transaction in which views of `now` are counted. */
  async prepare(now: number): Promise<void> {
    const day = dayOf(now);
    if (this.#today?.day === day) return;
    const fresh: DayKey = { day, key: randomBytes(32).toString('base64') };
    this.#today = await this.#kv.transaction(async (tx) => {
      const kept = await tx.get<DayKey>(keys.dayKey);
      if (kept?.day === day) return kept;
      tx.put(keys.dayKey, fresh);
      return fresh;
    });
    this.#sweeping ??= this.#forgetViewers(day).finally(() => {
      this.#sweeping = undefined;
    });
  }

  /** Counts one view. */
  async count(tx: Tx, linkId: string, viewer: Viewer, now: number): Promise<void> {
    const day = dayOf(now);
    const key = keys.stat(linkId, day);
    const before = (await tx.get<DayRecord>(key)) ?? {
      hours: Array<number>(24).fill(0),
      devices: {},
      viewers: 0,
    };
    const hour = new Date(now).getUTCHours();
    const hours = before.hours.map((views, at) => (at === hour ? views + 1 : views));
    if (viewer.isPrivate) return tx.put(key, { ...before, hours } satisfies DayRecord);
    const device = deviceOf(viewer.userAgent);
    const devices = { ...before.devices, [device]: (before.devices[device] ?? 0) + 1 };
    const viewers = before.viewers + ((await this.#isNew(tx, linkId, viewer, day)) ? 1 : 0);
    tx.put(key, { hours, devices, viewers } satisfies DayRecord);
  }

  /** What is known of a link, over the last so many days. */
  async of(linkId: string, days: number, now: number): Promise<Shown> {
    const start = keys.stat(linkId, dayOf(now - (days - 1) * DAY_MS));
    const entries = await this.#kv.scan<DayRecord>({ prefix: keys.stat(linkId), start, limit: days });
    const devices: Partial<Record<Device, number>> = {};
    let uniqueViewers = 0;
    for (const { value } of entries) {
      uniqueViewers += value.viewers;
      for (const [device, views] of Object.entries(value.devices) as [Device, number][]) {
        devices[device] = (devices[device] ?? 0) + views;
      }
    }
    const shown = entries.map(({ key, value: { hours, viewers } }) => ({
      day: key.slice(keys.stat(linkId).length),
      views: hours.reduce((sum, views) => sum + views, 0),
      uniqueViewers: viewers,
      hours: [...hours],
    }));
    const referrers = (await this.#referrals.of(linkId)).slice(0, SHOWN_HOSTS);
    return { uniqueViewers, devices, referrers, days: shown };
  }

  /** Removes all that is known of a link. */
  async erase(linkId: string): Promise<void> {
    await this.#removeAll(keys.stat(linkId));
    await this.#referrals.erase(linkId);
  }

  async close(): Promise<void> {
    await this.#sweeping?.catch(() => undefined);
  }

  async #isNew(tx: Tx, linkId: string, { client, userAgent }: Viewer, day: string): Promise<boolean> {
    if (this.#today?.day !== day) return false; // midnight has just passed between `prepare` and here
    const text = JSON.stringify([linkId, client, userAgent]);
    const mark = createHmac('sha256', this.#today.key).update(text).digest('base64url').slice(0, 12);
    const key = keys.seen(day, linkId, mark);
    if ((await tx.get(key)) !== undefined) return false;
    tx.put(key, 1);
    return true;
  }

  /** Removes the marks of all days but this one. */
  async #forgetViewers(today: string): Promise<void> {
    for (;;) {
      const entries = await this.#kv.scan({ prefix: keys.seen(), limit: SLICE });
      const old = entries.filter(({ key }) => !key.startsWith(keys.seen(today)));
      if (old.length === 0) return;
      await this.#kv.transaction((tx) => {
        for (const { key } of old) tx.remove(key);
      });
    }
  }

  async #removeAll(prefix: string): Promise<void> {
    for (;;) {
      const entries = await this.#kv.scan({ prefix, limit: SLICE });
      if (entries.length === 0) return;
      await this.#kv.transaction((tx) => {
        for (const { key } of entries) tx.remove(key);
      });
    }
  }
}

/** `2026-11-23`, UTC. */
const dayOf = (now: number) => new Date(now).toISOString().slice(0, 10);
