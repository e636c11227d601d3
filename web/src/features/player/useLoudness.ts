import { type RefObject, useEffect, useRef, useState } from 'react';
import type { PlayExtras } from './extras.ts';
import { loadHabits, saveHabits } from './habits.ts';
import { gainFor, Loudness } from './loudness.ts';

/** Normalised sound, for those who like it; only where the server has measured how loud it is. */
export function useLoudness(ref: RefObject<HTMLVideoElement | null>, measured: PlayExtras['loudness']) {
  const [isOn, setOn] = useState(() => loadHabits().normalise);
  const tap = useRef<Loudness>(undefined);
  useEffect(() => {
    const video = ref.current;
    if (!video || !measured || (!isOn && !tap.current)) return;
    const apply = () => {
      tap.current ??= new Loudness(video);
      void tap.current.set(isOn ? gainFor(measured) : 1);
    };
    if (!video.paused) apply();
    video.addEventListener('play', apply);
    return () => video.removeEventListener('play', apply);
  }, [ref, measured, isOn]);
  useEffect(() => () => tap.current?.close(), []);
  const choose = (on: boolean) => {
    setOn(on);
    saveHabits({ normalise: on });
  };
  return { isOn, choose, isOffered: measured !== null && measured !== undefined };
}
