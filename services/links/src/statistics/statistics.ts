import { createHmac, randomBytes } from 'node:crypto';
import type { LinkStats } from '@ptsdly/contract';
import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import type { CountryOf } from './countries.ts';
import { DAY_MS, type DayRecord, dayOf, emptyDay, oneMore, type Usage, usageOf } from './day.ts';
import { deviceOf } from './device.ts';
import type { Referrals } from './referrals.ts';

/** Marks of viewers that are removed at once when their day is over. */
const SLICE = 500;
/** Hosts that are told apart in one answer. */
const SHOWN_HOSTS = 20;
/** Links whose days are read together. */
const READ_TOGETHER = 50;

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

type Shown = Usage & Pick<LinkStats, 'referrers'>;

/**
 * Views by day, hour, class of device and country, in the transaction that takes the view; unique viewers of a day by a keyed
 * hash (HMAC-SHA-256 of link, address and user agent, cut to 72 bits), which is removed with its key when the day ends.
 */
export class Statistics {
  readonly #kv: Kv;
  readonly #referrals: Referrals;
  readonly #countryOf: CountryOf;
  #today: DayKey | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(kv: Kv, referrals: Referrals, countryOf: CountryOf) {
    this.#kv = kv;
    this.#countryOf = countryOf;
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
    const before = (await tx.get<DayRecord>(key)) ?? emptyDay;
    const hour = new Date(now).getUTCHours();
    const hours = before.hours.map((views, at) => (at === hour ? views + 1 : views));
    if (viewer.isPrivate) return tx.put(key, { ...before, hours } satisfies DayRecord);
    const devices = oneMore(before.devices, deviceOf(viewer.userAgent));
    const country = this.#countryOf(viewer.client);
    const countries = country === undefined ? before.countries : oneMore(before.countries ?? {}, country);
    const viewers = before.viewers + ((await this.#isNew(tx, linkId, viewer, day)) ? 1 : 0);
    const known = countries === undefined ? {} : { countries: countries as Record<string, number> };
    tx.put(key, { ...before, hours, devices, viewers, ...known } satisfies DayRecord);
  }

  /** What is known of some links together, over the last so many days. */
  async of(linkIds: readonly string[], days: number, now: number): Promise<Shown> {
    const from = dayOf(now - (days - 1) * DAY_MS);
    const records: [string, DayRecord][] = [];
    const clicks = new Map<string, number>();
    for (let at = 0; at < linkIds.length; at += READ_TOGETHER) {
      const slice = linkIds.slice(at, at + READ_TOGETHER);
      records.push(...(await Promise.all(slice.map((id) => this.#days(id, from, days)))).flat());
      for (const hosts of await Promise.all(slice.map((id) => this.#referrals.of(id)))) {
        for (const one of hosts) clicks.set(one.host, (clicks.get(one.host) ?? 0) + one.clicks);
      }
    }
    const referrers = [...clicks]
      .map(([host, count]) => ({ host, clicks: count }))
      .sort((a, b) => b.clicks - a.clicks)
      .slice(0, SHOWN_HOSTS);
    return { ...usageOf(records), referrers };
  }

  async #days(linkId: string, from: string, limit: number): Promise<[string, DayRecord][]> {
    const prefix = keys.stat(linkId);
    const entries = await this.#kv.scan<DayRecord>({ prefix, start: keys.stat(linkId, from), limit });
    return entries.map(({ key, value }) => [key.slice(prefix.length), value]);
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

  /** Removes the marks of all days but this one, and what plays of the days before yesterday have shown. */
  async #forgetViewers(today: string): Promise<void> {
    const yesterday = dayOf(Date.parse(today) - DAY_MS);
    await this.#removeAll(keys.seen(), (key) => !key.startsWith(keys.seen(today)));
    await this.#removeAll(keys.play(), (key) => key < keys.play(yesterday));
  }

  /** Removes keys as long as the first ones are unwanted. */
  async #removeAll(prefix: string, unwanted: (key: string) => boolean = () => true): Promise<void> {
    for (;;) {
      const entries = await this.#kv.scan({ prefix, limit: SLICE });
      const old = entries.filter(({ key }) => unwanted(key));
      if (old.length === 0) return;
      await this.#kv.transaction((tx) => {
        for (const { key } of old) tx.remove(key);
      });
    }
  }
}
