import type { Subtitle } from '@ptsdly/contract';
import { type RefObject, useEffect, useState } from 'react';
import { loadHabits, saveHabits } from './habits.ts';

/** Which captions are shown: those in the language that this person chose last, if there are any. */
export function useCaptions(ref: RefObject<HTMLVideoElement | null>, captions: readonly Subtitle[]) {
  const [shown, setShown] = useState<string | null>(() => {
    const { captions: language } = loadHabits();
    return captions.find((caption) => caption.language === language)?.id ?? null;
  });
  useEffect(() => {
    const tracks = ref.current?.querySelectorAll<HTMLTrackElement>('track[kind="subtitles"]') ?? [];
    for (const { id, track } of tracks) track.mode = id === `caption-${shown}` ? 'showing' : 'disabled';
  }, [ref, shown]);
  const choose = (id: string | null) => {
    setShown(id);
    saveHabits({ captions: captions.find((caption) => caption.id === id)?.language ?? null });
  };
  const toggle = () => choose(shown === null ? (captions[0]?.id ?? null) : null);
  return { shown, choose, toggle };
}
