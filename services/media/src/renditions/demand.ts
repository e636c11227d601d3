import { upsert } from '@ptsdly/db';
import type { Logger } from '@ptsdly/kit';
import type { MediaDatabase } from '../database.ts';
import { ladderLines } from './ladder.ts';
import type { WishRow } from './rows.ts';

/** A segment of a picture that a session was sent. */
export interface Shown {
  readonly session: string;
  readonly video: string;
  /** Lines of what was sent, and of the original. */
  readonly lines: number;
  readonly originalLines: number;
  readonly isOriginal: boolean;
  /** Whether all browsers play the original. */
  readonly playsEverywhere: boolean;
  /** Lines of all that can be chosen beside the original. */
  readonly made: readonly number[];
  /** It took longer to send than it plays. */
  readonly isSlow: boolean;
}

export interface DemandOptions {
  readonly db: MediaDatabase;
  /** Queues a rendition of so many lines; nothing happens where it has been asked for already. */
  readonly plan: (video: string, lines: number) => Promise<void>;
  readonly log: Logger;
}

type Wish = Pick<WishRow, 'video' | 'rung' | 'session'>;

/** A session counts once it was sent so many segments that say the same. */
const ENOUGH_SEGMENTS = 4;
/** So many sessions have to want something before it is made. */
const ENOUGH_SESSIONS = 2;
/** A wish that nobody shared for so long is forgotten. */
const KEPT_MS = 30 * 86_400_000;
const MOST_REMEMBERED = 2000;

/**
 * Learns from what viewers are sent which renditions they lack (DESIGN §6.7): a larger one, where they play the largest
 * there is although the original has more and their browser may not play it; a smaller one, where even the smallest comes
 * more slowly than it plays. What was learned stands in the database until it is planned.
 */
export class Demand {
  readonly #options: DemandOptions;
  /** Video and lines of what has been planned by this process; no more is written about it. */
  readonly #planned = new Set<string>();
  #noting: Promise<void> = Promise.resolve();

  constructor(options: DemandOptions) {
    this.#options = options;
  }

  /** Never throws. */
  note(shown: Shown): void {
    const rung = wish(shown);
    const { session, video } = shown;
    if (rung === undefined || this.#planned.has(nameOf({ video, rung }))) return;
    this.#noting = this.#noting
      .then(() => this.#count({ video, rung, session }))
      .catch((err: unknown) => {
        this.#options.log.warn({ err, videoId: video }, 'a size that viewers want could not be planned');
      });
  }

  /** Resolves when everything noted so far is written, and planned where it was enough. */
  settled(): Promise<void> {
    return this.#noting;
  }

  /** What was said of a video whose file is gone, or another one now. */
  async forget(video: string): Promise<void> {
    for (const name of this.#planned) if (name.startsWith(`${video} `)) this.#planned.delete(name);
    await this.#options.db.deleteFrom('wishes').where('video', '=', video).execute();
  }

  /** Forgets what too few wanted. */
  async prune(): Promise<void> {
    const before = new Date(Date.now() - KEPT_MS).toISOString();
    await this.#options.db.deleteFrom('wishes').where('seen_at', '<', before).execute();
  }

  async #count(one: Wish): Promise<void> {
    const { plan, log } = this.#options;
    if (this.#planned.has(nameOf(one))) return;
    if ((await this.#seen(one)) < ENOUGH_SEGMENTS) return;
    if ((await this.#sessions(one)) < ENOUGH_SESSIONS) return;
    const { video, rung: lines } = one;
    log.info({ videoId: video, lines }, 'viewers want another size');
    await plan(video, lines);
    remember(this.#planned, nameOf(one));
    await this.#options.db
      .deleteFrom('wishes')
      .where('video', '=', video)
      .where('rung', '=', lines)
      .execute();
  }

  /** Segments of a session that say the same, with this one; not counted any further than needed. */
  async #seen({ video, rung, session }: Wish): Promise<number> {
    const { db } = this.#options;
    const known = await db
      .selectFrom('wishes')
      .select('segments')
      .where('video', '=', video)
      .where('rung', '=', rung)
      .where('session', '=', session)
      .executeTakeFirst();
    if (known && known.segments >= ENOUGH_SEGMENTS) return known.segments;
    const segments = (known?.segments ?? 0) + 1;
    const shown = { segments, seen_at: new Date().toISOString() };
    await upsert(db, 'wishes', { video, rung, session, ...shown }, ['video', 'rung', 'session'], shown);
    return segments;
  }

  async #sessions({ video, rung }: Wish): Promise<number> {
    const { count } = await this.#options.db
      .selectFrom('wishes')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('video', '=', video)
      .where('rung', '=', rung)
      .where('segments', '>=', ENOUGH_SEGMENTS)
      .executeTakeFirstOrThrow();
    return Number(count);
  }
}

const nameOf = ({ video, rung }: Pick<Wish, 'video' | 'rung'>) => `${video} ${rung}`;

/** Lines that would serve this viewer better, if any. */
export function wish(shown: Shown): number | undefined {
  const { lines, originalLines, isOriginal, playsEverywhere, made, isSlow } = shown;
  if (isSlow) {
    const smallest = Math.min(lines, ...made);
    return smallest < lines ? undefined : ladderLines.find((rung) => rung < lines * 0.9);
  }
  if (isOriginal || playsEverywhere || lines < Math.max(...made)) return undefined;
  return ladderLines.findLast((rung) => rung > lines && rung <= originalLines);
}

function remember(set: Set<string>, name: string): void {
  set.add(name);
  const oldest = set.values().next().value;
  if (set.size > MOST_REMEMBERED && oldest !== undefined) set.delete(oldest);
}
