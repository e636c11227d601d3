import { type RefObject, useEffect, useRef, useState } from 'react';
import { seek } from './keys.ts';

const together = 300;
const leap = 10;
const shownFor = 700;

/** Seconds that taps have added up to, and on which side. */
export interface Leap {
  readonly side: 'back' | 'forward';
  readonly seconds: number;
}

/** Two taps on the left or right third go back or forward, each further one a step more. */
export function useDoubleTap(ref: RefObject<HTMLVideoElement | null>): Leap | null {
  const [shown, setShown] = useState<Leap | null>(null);
  const last = useRef({ at: 0, side: '' });
  const total = useRef(0);
  useEffect(() => {
    const video = ref.current;
    const controller = video?.closest<HTMLElement>('media-controller');
    if (!video || !controller) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tap = (event: PointerEvent) => {
      const [target] = event.composedPath();
      const onPicture =
        target instanceof Element &&
        /^(media-gesture-receiver|media-controller|video)$/.test(target.localName);
      if (event.pointerType !== 'touch' || !onPicture) return;
      const side = sideOf(event.clientX, controller.getBoundingClientRect());
      const isNext =
        side !== null && side === last.current.side && event.timeStamp - last.current.at < together;
      last.current = { at: event.timeStamp, side: side ?? '' };
      if (!isNext) {
        total.current = 0;
        return;
      }
      total.current += leap;
      seek(video, video.currentTime + (side === 'back' ? -leap : leap));
      setShown({ side, seconds: total.current });
      clearTimeout(timer);
      timer = setTimeout(setShown, shownFor, null);
    };
    controller.addEventListener('pointerup', tap);
    return () => {
      clearTimeout(timer);
      controller.removeEventListener('pointerup', tap);
    };
  }, [ref]);
  return shown;
}

function sideOf(x: number, { left, width }: DOMRect): Leap['side'] | null {
  const part = (x - left) / width;
  if (part < 1 / 3) return 'back';
  return part > 2 / 3 ? 'forward' : null;
}
