import { type PlayAnswer, Problem, type ProblemCode } from '@ptsdly/contract';
import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react';
import { type ApiProblem, toApiProblem } from '../../api/problem.ts';

export interface Session {
  readonly play: PlayAnswer;
  /** Where to begin, in seconds. */
  readonly startAt: number;
  /** That is where it was left the last time. */
  readonly isResumed?: boolean;
  /** What the link asks for; 1 is normal. */
  readonly speed?: number | null;
  /** For the owner's statistics; the viewer may have asked for none. */
  readonly playTicket?: string | null;
}

export type SessionState =
  | { readonly is: 'idle' }
  | { readonly is: 'opening' }
  /** Not now, but soon: it is tried again by itself. */
  | { readonly is: 'waiting'; readonly problem: ApiProblem }
  | { readonly is: 'playing'; readonly session: Session }
  | { readonly is: 'ended' }
  | { readonly is: 'problem'; readonly problem: ApiProblem };

export type OpenSession = () => Promise<Session>;

const passing: readonly ProblemCode[] = [
  'not_playable_yet',
  'server_not_ready',
  'unavailable',
  'upstream_failed',
  'upstream_timeout',
];

const shortestLife = 10_000;

/** Of a video that is still uploading, what stands where it shall begin may not be there yet. */
function requireArrived({ play: { playableUntil }, startAt }: Session): void {
  if (playableUntil === null || startAt < playableUntil || startAt === 0) return;
  throw new Problem('not_playable_yet', { retryAfter: 2 });
}

/** The life of one playback: opened, waited for, played, opened again where it was lost, ended. */
export function usePlaySession(open: OpenSession, begin: boolean) {
  const [state, setState] = useState<SessionState>({ is: begin ? 'opening' : 'idle' });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const attempt = useRef(0);
  const lostAt = useRef(Number.NEGATIVE_INFINITY);
  const openNow = useEffectEvent(open);

  const run = useCallback(async (position?: number) => {
    clearTimeout(timer.current);
    attempt.current += 1;
    const mine = attempt.current;
    try {
      const opened = await openNow();
      const session = position === undefined ? opened : { ...opened, startAt: position, isResumed: false };
      requireArrived(session);
      if (mine === attempt.current) setState({ is: 'playing', session });
    } catch (thrown) {
      if (mine !== attempt.current) return;
      const problem = toApiProblem(thrown);
      if (!passing.includes(problem.code)) return setState({ is: 'problem', problem });
      setState({ is: 'waiting', problem });
      timer.current = setTimeout(() => run(position), (problem.retryAfter ?? 2) * 1000);
    }
  }, []);

  useEffect(() => {
    if (begin) void run();
    return () => {
      attempt.current += 1;
      clearTimeout(timer.current);
    };
  }, [begin, run]);

  const start = useCallback(() => {
    setState({ is: 'opening' });
    void run();
  }, [run]);

  const end = useCallback(() => {
    attempt.current += 1;
    clearTimeout(timer.current);
    setState({ is: 'ended' });
  }, []);

  const fail = useCallback((problem: ApiProblem) => setState({ is: 'problem', problem }), []);

  /** A session that was lost is opened again where it was; one that does not last is given up. */
  const lost = useCallback(
    (position: number) => {
      const soon = performance.now() - lostAt.current < shortestLife;
      lostAt.current = performance.now();
      if (soon) fail(toApiProblem(new Problem('unavailable')));
      else void run(position);
    },
    [run, fail],
  );

  return { state, start, end, lost };
}
