import type { Chapter } from '@ptsdly/contract';
import { parseClock, writeClock } from './clock.ts';

/** A chapter as somebody writes it. */
export interface Draft {
  readonly key: number;
  readonly time: string;
  readonly title: string;
  /** What the time was written from, exact; null where it was typed. */
  readonly exact: { readonly time: string; readonly startAt: number } | null;
}

export type DraftFault = 'badTime' | 'late' | 'taken' | 'noName';

export const draftOf = ({ startAt, title }: Chapter, key: number): Draft => {
  const time = writeClock(startAt);
  return { key, time, title, exact: { time, startAt } };
};

/** Seconds; null where the time is not one. */
export const startOf = ({ time, exact }: Draft): number | null =>
  exact?.time === time ? exact.startAt : parseClock(time);

/** What is wrong with each, by its key; nothing where all of them can be saved. */
export function faultsOf(drafts: readonly Draft[], duration: number | null): ReadonlyMap<number, DraftFault> {
  const faults = new Map<number, DraftFault>();
  const taken = new Set<number>();
  for (const draft of drafts) {
    const startAt = startOf(draft);
    if (startAt === null) faults.set(draft.key, 'badTime');
    else if (duration !== null && startAt >= duration) faults.set(draft.key, 'late');
    else if (taken.has(startAt)) faults.set(draft.key, 'taken');
    else if (draft.title.trim() === '') faults.set(draft.key, 'noName');
    if (startAt !== null) taken.add(startAt);
  }
  return faults;
}

/** By time; only of drafts without a fault. */
export const chaptersOf = (drafts: readonly Draft[]): Chapter[] =>
  drafts
    .map((draft) => ({ startAt: startOf(draft) ?? 0, title: draft.title.trim() }))
    .sort((a, b) => a.startAt - b.startAt);
