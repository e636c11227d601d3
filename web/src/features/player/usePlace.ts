import { type RefObject, useEffect } from 'react';
import { savePlace } from './habits.ts';

const every = 5000;

/** Remembers on this device where a video was left. */
export function usePlace(
  ref: RefObject<HTMLVideoElement | null>,
  key: string | null,
  duration: number,
): void {
  useEffect(() => {
    const video = ref.current;
    if (!video || key === null) return;
    let savedAt = 0;
    const save = () => {
      if (video.readyState > HTMLMediaElement.HAVE_NOTHING) savePlace(key, video.currentTime, duration);
    };
    const sometimes = (event: Event) => {
      if (event.timeStamp - savedAt < every) return;
      savedAt = event.timeStamp;
      save();
    };
    video.addEventListener('timeupdate', sometimes);
    for (const event of ['pause', 'ended', 'seeked']) video.addEventListener(event, save);
    addEventListener('pagehide', save);
    return () => {
      video.removeEventListener('timeupdate', sometimes);
      for (const event of ['pause', 'ended', 'seeked']) video.removeEventListener(event, save);
      removeEventListener('pagehide', save);
    };
  }, [ref, key, duration]);
}
