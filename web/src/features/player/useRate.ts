import { type RefObject, useEffect, useState } from 'react';
import { loadHabits, saveHabits } from './habits.ts';

/** The speed: that of the link, or else the one chosen last. A change by hand is remembered. */
export function useRate(ref: RefObject<HTMLVideoElement | null>, asked: number | null | undefined) {
  const [rate, setRate] = useState(() => asked ?? loadHabits().rate);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is remembered counts only at the beginning
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    video.defaultPlaybackRate = rate;
    video.playbackRate = rate;
    const changed = () => {
      setRate(video.playbackRate);
      if (video.playbackRate === video.defaultPlaybackRate) return;
      video.defaultPlaybackRate = video.playbackRate;
      saveHabits({ rate: video.playbackRate });
    };
    video.addEventListener('ratechange', changed);
    return () => video.removeEventListener('ratechange', changed);
  }, [ref]);
  const choose = (wanted: number) => {
    if (ref.current) ref.current.playbackRate = wanted;
  };
  return { rate, choose };
}
