import { type RefObject, useEffect, useEffectEvent } from 'react';
import { savePlace } from './habits.ts';

const every = 5000;
/** Seconds of film after which the server hears of it too, while it plays. */
const tellEvery = 10;
/** So near to the end that it was seen to the end. */
const almost = 10;

/** Remembers on this device where a video was left, and tells it to whoever keeps it elsewhere: null for the end. */
export function usePlace(
  ref: RefObject<HTMLVideoElement | null>,
  key: string | null,
  duration: number,
  onPlace?: (at: number | null) => void,
): void {
  const tell = useEffectEvent((at: number) => onPlace?.(at > duration - almost ? null : at));
  useEffect(() => {
    const video = ref.current;
    if (!video || key === null) return;
    let savedAt = 0;
    let told = 0;
    const save = () => {
      if (video.readyState === HTMLMediaElement.HAVE_NOTHING) return;
      const at = video.currentTime;
      savePlace(key, at, duration);
      if (Math.abs(at - told) < (video.paused ? 1 : tellEvery)) return;
      told = at;
      tell(at);
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
