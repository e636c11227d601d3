import { type RefObject, useEffect } from 'react';
import type { Session } from '../player/usePlaySession.ts';
import { noteProgress } from './progress.ts';

/** What a link asks of the player on its page: to say how far people watch. */
export function useStage(stage: RefObject<HTMLElement | null>, code: string, session: Session | undefined) {
  const { playTicket } = session ?? {};
  useEffect(() => {
    if (!stage.current || !playTicket) return;
    return noteProgress(stage.current, code, playTicket);
  }, [stage, code, playTicket]);
}
