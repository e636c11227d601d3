import { COMPLETION_PARTS, type LinkStats } from '@ptsdly/contract';
import type { Device } from './device.ts';

export const DAY_MS = 86_400_000;

/** What is kept of the views of one link on one day (UTC): sums, and nothing about any one viewer. */
export interface DayRecord {
  readonly hours: readonly number[];
  readonly devices: Readonly<Partial<Record<Device, number>>>;
  readonly viewers: number;
  readonly countries?: Readonly<Record<string, number>>;
  readonly plays?: number;
  /** Plays that have shown each part of the video. */
  readonly completion?: readonly number[];
}

export const emptyDay: DayRecord = { hours: Array<number>(24).fill(0), devices: {}, viewers: 0 };

/** `2026-11-23`, UTC. */
export const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);

/** The sums of some days. */
export type Usage = Pick<
  LinkStats,
  'uniqueViewers' | 'plays' | 'completion' | 'devices' | 'countries' | 'days'
>;

/** Days of one link, or of several, put together; each comes with its date, in any order. */
export function usageOf(days: readonly (readonly [day: string, DayRecord])[]): Usage {
  const byDay = new Map<string, DayRecord>();
  for (const [day, record] of days) byDay.set(day, sumOf(byDay.get(day) ?? emptyDay, record));
  const total = [...byDay.values()].reduce(sumOf, emptyDay);
  return {
    uniqueViewers: total.viewers,
    plays: total.plays ?? 0,
    completion: [...completionOf(total)],
    devices: { ...total.devices },
    countries: { ...total.countries },
    days: [...byDay]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([day, { hours, viewers }]) => ({
        day,
        views: hours.reduce((sum, views) => sum + views, 0),
        uniqueViewers: viewers,
        hours: [...hours],
      })),
  };
}

/** Two records as one. */
function sumOf(a: DayRecord, b: DayRecord): DayRecord {
  const [partsA, partsB] = [completionOf(a), completionOf(b)];
  return {
    hours: a.hours.map((views, at) => views + (b.hours[at] ?? 0)),
    devices: added(a.devices, b.devices),
    viewers: a.viewers + b.viewers,
    countries: added(a.countries ?? {}, b.countries ?? {}),
    plays: (a.plays ?? 0) + (b.plays ?? 0),
    completion: partsA.map((plays, at) => plays + (partsB[at] ?? 0)),
  };
}

export const completionOf = ({ completion }: DayRecord): readonly number[] =>
  completion ?? Array<number>(COMPLETION_PARTS).fill(0);

function added(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>) {
  const sum: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** A record of counts with one more. */
export const oneMore = <K extends string>(
  counts: Readonly<Partial<Record<K, number>>>,
  name: K,
): Partial<Record<K, number>> => ({ ...counts, [name]: (counts[name] ?? 0) + 1 });
