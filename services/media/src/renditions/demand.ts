import type { Logger } from '@ptsdly/kit';
import { ladderLines } from './ladder.ts';

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
  /** Queues a rendition of so many lines; nothing happens where it has been asked for already. */
  readonly plan: (video: string, lines: number) => Promise<void>;
  readonly log: Logger;
}

/** A session counts once it was sent so many segments that say the same. */
const ENOUGH_SEGMENTS = 4;
/** So many sessions have to want something before it is made. */
const ENOUGH_SESSIONS = 2;
const MOST_REMEMBERED = 2000;

/**
 * Learns from what viewers are sent which renditions they lack (DESIGN §6.7): a larger one, where they play the largest
 * there is although the original has more and their browser may not play it; a smaller one, where even the smallest comes
 * more slowly than it plays. Counts are kept in memory: whoever still wants something shows it again.
 */
export class Demand {
  readonly #options: DemandOptions;
  /** Segments by session and wish. */
  readonly #segments = new Map<string, number>();
  /** Sessions by video and wish. */
  readonly #sessions = new Map<string, Set<string>>();

  constructor(options: DemandOptions) {
    this.#options = options;
  }

  /** Never throws. */
  note(shown: Shown): void {
    const lines = wish(shown);
    if (lines === undefined) return;
    const { session, video } = shown;
    const key = `${session} ${lines}`;
    const segments = (this.#segments.get(key) ?? 0) + 1;
    remember(this.#segments, key, segments);
    if (segments < ENOUGH_SEGMENTS) return;
    const wanted = `${video} ${lines}`;
    const sessions = this.#sessions.get(wanted) ?? new Set();
    if (sessions.size >= ENOUGH_SESSIONS) return; // it was planned
    remember(this.#sessions, wanted, sessions.add(session));
    if (sessions.size < ENOUGH_SESSIONS) return;
    const { plan, log } = this.#options;
    log.info({ videoId: video, lines }, 'viewers want another size');
    plan(video, lines).catch((err: unknown) => {
      this.#sessions.delete(wanted);
      log.warn({ err, videoId: video }, 'a size that viewers want could not be planned');
    });
  }
}

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

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > MOST_REMEMBERED && oldest !== undefined) map.delete(oldest);
}
