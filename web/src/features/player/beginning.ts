import type { PlayAnswer } from '@ptsdly/contract';
import { loadPlace } from './habits.ts';
import type { Session } from './usePlaySession.ts';

/**
 * Where a playback begins: where its address says, or where it was left (which the server knows of its owner, and
 * this device of everybody), or where the link says, or at the start.
 */
export function beginning(
  asked: number | null,
  placeKey: string,
  play: PlayAnswer,
  linkStart: number | null = null,
): Omit<Session, 'play'> {
  if (asked !== null) return { startAt: asked };
  const left = play.resumeAt ?? loadPlace(placeKey);
  const until = play.endAt ?? play.duration;
  if (left && left < until) return { startAt: left, isResumed: true };
  return { startAt: play.startAt ?? linkStart ?? 0 };
}
