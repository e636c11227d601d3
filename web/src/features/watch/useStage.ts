import { type RefObject, useEffect } from 'react';
import type { Session } from '../player/usePlaySession.ts';
import { noteProgress } from './progress.ts';

/** What a link asks of the player on its page: how fast to begin, and to say how far people watch. */
export function useStage(stage: RefObject<HTMLElement | null>, code: string, session: Session | undefined) {
  const { speed, playTicket } = session ?? {};
  useEffect(() => {
    const element = stage.current;
    if (!element || !speed) return;
    const begin = ({ target }: Event) => {
      if (target instanceof HTMLVideoElement) target.playbackRate = speed;
    };
    element.addEventListener('loadedmetadata', begin, { capture: true, once: true });
    return () => element.removeEventListener('loadedmetadata', begin, true);
  }, [stage, speed]);
  useEffect(() => {
    if (!stage.current || !playTicket) return;
    return noteProgress(stage.current, code, playTicket);
  }, [stage, code, playTicket]);
}
