import type { PlayAnswer } from '@ptsdly/contract';
import { type RefObject, useEffect, useEffectEvent, useState } from 'react';
import { usePlaybackEvents } from './usePlaybackEvents.ts';

type VideoRef = RefObject<HTMLVideoElement | null>;

/** Seconds by which the length of a playlist may differ from that of its video. */
const tail = 0.5;
const lookEvery = 3000;

interface LiveEvents {
  readonly onEnded: () => void;
  readonly onLost: (position: number) => void;
  /** Another session has what this one lacks. */
  readonly onAgain: (position: number) => void;
}

/**
 * What the server tells while a session plays. Nothing jumps: another session is opened only where this one has
 * come to its end and the video has not.
 */
export function useLive(
  ref: VideoRef,
  play: PlayAnswer,
  { onEnded, onLost, onAgain }: LiveEvents,
  /** Nothing of what this session has can be played here. */
  isUnplayable: boolean,
): { readonly isArriving: boolean; readonly isSoundReady: boolean } {
  const [isComplete, setComplete] = useState(false);
  const [isSoundReady, setSoundReady] = useState(false);
  usePlaybackEvents(play.eventsUrl, {
    onEnded,
    onComplete: () => setComplete(true),
    onReplaced: () => onAgain(ref.current?.currentTime ?? 0),
    onRenditions: () => {
      if (isUnplayable || play.pending.includes('video')) onAgain(ref.current?.currentTime ?? 0);
      else if (play.pending.includes('audio')) setSoundReady(true);
    },
  });
  const look = useEffectEvent(() => {
    const video = ref.current;
    if (!video) return;
    const stopped = video.ended || video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    const short = video.duration < play.duration - tail && video.currentTime > video.duration - tail;
    if (stopped && short) onLost(video.currentTime);
  });
  useEffect(() => {
    if (!isComplete) return;
    // The playlist may still grow to the end; only a player that waits there needs another session.
    const timer = setInterval(() => look(), lookEvery);
    return () => clearInterval(timer);
  }, [isComplete]);
  const isWhole = useEnded(ref, play.duration);
  return {
    isSoundReady,
    isArriving: play.playableUntil !== null && !isComplete && !isWhole,
  };
}

/** True once the whole video has been seen, whatever has been heard of it. */
function useEnded(ref: VideoRef, duration: number): boolean {
  const [isWhole, setWhole] = useState(false);
  useEffect(() => {
    const video = ref.current;
    const look = () => setWhole((video?.duration ?? 0) > duration - tail);
    video?.addEventListener('ended', look);
    return () => video?.removeEventListener('ended', look);
  }, [ref, duration]);
  return isWhole;
}

/** A link may end before the video does. */
export function useStopAt(ref: VideoRef, endAt: number | null): void {
  useEffect(() => {
    const video = ref.current;
    if (!video || endAt === null) return;
    const check = () => {
      if (video.currentTime >= endAt) video.pause();
    };
    video.addEventListener('timeupdate', check);
    return () => video.removeEventListener('timeupdate', check);
  }, [ref, endAt]);
}
