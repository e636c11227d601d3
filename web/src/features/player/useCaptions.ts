import type { Subtitle } from '@ptsdly/contract';
import { type RefObject, useEffect, useState } from 'react';
import { loadHabits, saveHabits } from './habits.ts';

/**
 * Which captions are shown: those in the language that this person chose last, if there are any. A browser that turns
 * on others by itself (HTML §4.8.11.11.3, automatic text track selection) is corrected; in its own full screen, which
 * has a menu for them, its choice is taken over.
 */
export function useCaptions(ref: RefObject<HTMLVideoElement | null>, captions: readonly Subtitle[]) {
  const [shown, setShown] = useState<string | null>(() => {
    const { captions: language } = loadHabits();
    return captions.find((caption) => caption.language === language)?.id ?? null;
  });
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    const show = () => {
      for (const { id, track } of tracksOf(video))
        track.mode = id === `caption-${shown}` ? 'showing' : 'disabled';
    };
    const changed = () => {
      if (!hasItsOwnControls(video)) return show();
      const chosen = tracksOf(video).find(({ track }) => track.mode === 'showing');
      setShown(chosen?.id.replace('caption-', '') ?? null);
    };
    show();
    video.textTracks.addEventListener('change', changed);
    return () => video.textTracks.removeEventListener('change', changed);
  }, [ref, shown]);
  const choose = (id: string | null) => {
    setShown(id);
    saveHabits({ captions: captions.find((caption) => caption.id === id)?.language ?? null });
  };
  const toggle = () => choose(shown === null ? (captions[0]?.id ?? null) : null);
  return { shown, choose, toggle };
}

const tracksOf = (video: HTMLVideoElement) => [
  ...video.querySelectorAll<HTMLTrackElement>('track[kind="subtitles"]'),
];

/** Safari on an iPhone shows a video in full screen with controls of its own. */
const hasItsOwnControls = (video: HTMLVideoElement) =>
  (video as HTMLVideoElement & { webkitDisplayingFullscreen?: boolean }).webkitDisplayingFullscreen === true;
