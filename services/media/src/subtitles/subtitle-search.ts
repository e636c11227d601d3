import { setImmediate as breathe } from 'node:timers/promises';
import { sql } from 'kysely';
import type { MediaDatabase } from '../database.ts';

/** Rows that are looked through without a pause: a few milliseconds' worth. */
const SLICE = 100;
const KEPT = 50;
/** More videos than this are not told apart by a word; a statement takes only so many ids. */
const MOST = 5000;

/**
 * Finds words in subtitles. There may be hundreds of megabytes of them, so they are looked through in slices between
 * which the server does other things, and what was found is kept until subtitles change.
 */
export class SubtitleSearch {
  readonly #db: MediaDatabase;
  #found = new Map<string, Promise<string[]>>();

  constructor(db: MediaDatabase) {
    this.#db = db;
  }

  /** Ids of the videos in whose subtitles a normalised term stands. */
  find(term: string): Promise<string[]> {
    const known = this.#found.get(term);
    if (known) return known;
    const search = this.#search(term);
    this.#found.set(term, search);
    search.catch(() => this.#found.delete(term));
    const oldest = this.#found.keys().next().value;
    if (this.#found.size > KEPT && oldest !== undefined) this.#found.delete(oldest);
    return search;
  }

  /** Subtitles have changed. */
  forget(): void {
    this.#found = new Map();
  }

  async #search(term: string): Promise<string[]> {
    const ids = new Set<string>();
    for (let after = ''; ; await breathe()) {
      const rows = await this.#db
        .selectFrom('subtitles')
        .select(['id', 'video_id', sql<number>`instr(search_text, ${term}) > 0`.as('hit')])
        .where('id', '>', after)
        .orderBy('id')
        .limit(SLICE)
        .execute();
      for (const row of rows) if (row.hit) ids.add(row.video_id);
      if (rows.length < SLICE || ids.size >= MOST) return [...ids].slice(0, MOST);
      after = rows.at(-1)?.id ?? '';
    }
  }
}
