import { appendEvent } from '@ptsdly/db';
import type { Transaction } from 'kysely';
import type { MediaDatabase, MediaTables } from '../database.ts';

/** What `Deliveries` tells the host. */
export type HostNews =
  | { readonly type: 'usage' }
  | { readonly type: 'card'; readonly videoId: string }
  | { readonly type: 'video.deleted'; readonly videoId: string };

/** What a change has touched. */
export interface Touched {
  /** Ids of videos. */
  readonly videos?: readonly string[];
  /** Ids of videos that are gone for good. */
  readonly removed?: readonly string[];
  readonly folders?: boolean;
  readonly news?: readonly HostNews[];
}

export type Trx = Transaction<MediaTables>;

export interface JournalOptions {
  readonly db: MediaDatabase;
  /** Called after a change that the host must hear of. */
  readonly onNews: () => void;
  /** Called after every change, for those who look at the library now. */
  readonly onTouched?: (touched: Touched) => void;
}

/** Every change of the library goes through here: it, and the news of it, in one transaction. */
export class Journal {
  readonly #options: JournalOptions;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  get db(): MediaDatabase {
    return this.#options.db;
  }

  /** Resolves when the change is on the disk and told. Rejects with whatever `work` rejects with; nothing is changed then. */
  async write<T extends Touched>(work: (trx: Trx) => Promise<T>): Promise<T> {
    const { db, onNews, onTouched } = this.#options;
    const touched = await db.transaction().execute(async (trx) => {
      const done = await work(trx);
      for (const one of done.news ?? []) await appendEvent(trx, one);
      return done;
    });
    if (touched.news?.length) onNews();
    if (touched.videos?.length || touched.removed?.length || touched.folders) onTouched?.(touched);
    return touched;
  }
}
