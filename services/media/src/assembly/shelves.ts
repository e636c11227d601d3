import type { VideoJob } from '@ptsdly/contract';
import { Changes } from '../library/changes.ts';
import { Journal } from '../library/journal.ts';
import { Library } from '../library/library.ts';
import { Subtitles } from '../subtitles/subtitles.ts';
import type { Foundation } from './foundation.ts';

/** The videos of a server as rows, and the news of what changes in them. */
export interface Shelves {
  readonly changes: Changes;
  readonly journal: Journal;
  readonly library: Library;
  readonly subtitles: Subtitles;
}

/** What the shelves are told by what stands on them. */
export interface ShelvesReach {
  /** Seconds of a video that can be played while it arrives. */
  readonly playableUntil: (id: string) => number | null;
  /** What is being made of a video. */
  readonly jobs: (id: string) => readonly VideoJob[];
  /** Called when there is news for the host. */
  readonly onNews: () => void;
}

export function openShelves({ db, spool, options, url }: Foundation, reach: ShelvesReach): Shelves {
  const { playableUntil, jobs, onNews } = reach;
  const changes = new Changes();
  const journal = new Journal({ db, onNews, onTouched: (touched) => changes.publishAll(touched) });
  const library = new Library({
    ...{ journal, url, jobs, playableUntil, quotaBytes: options.quotaBytes },
    received: (id: string) => spool.length(id),
  });
  return { changes, journal, library, subtitles: new Subtitles({ journal, url }) };
}
