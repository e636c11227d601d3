import type { PlayAnswer } from '@ptsdly/contract';
import { type RefObject, useEffect, useEffectEvent } from 'react';
import { abilities, chooseSource } from './source.ts';

export interface SourceEvents {
  /** The session is over for the server, at this position. */
  readonly onLost: (position: number) => void;
  readonly onFailed: () => void;
}

/** Gives the video element its bytes, for as long as the session is shown. */
export function useSource(
  ref: RefObject<HTMLVideoElement | null>,
  play: PlayAnswer,
  startAt: number,
  { onLost, onFailed }: SourceEvents,
): void {
  const lost = useEffectEvent(() => onLost(ref.current?.currentTime ?? startAt));
  const failed = useEffectEvent(onFailed);
  const { session, hlsUrl, progressiveUrl, prefer } = play;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new session starts afresh even where its addresses are the same
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    let stop = () => {};
    let gone = false;
    const plain = (url: string) => {
      stop = playPlain(video, url, startAt, failed);
    };
    const start = async () => {
      const source = chooseSource({ hlsUrl, progressiveUrl, prefer }, abilities(video));
      if (!source) return failed();
      if (source.kind === 'native') return plain(source.url);
      // The player's heaviest part comes only now that there is something to play.
      const { playHls } = await import('./hls.ts');
      if (gone) return;
      stop = playHls(video, source.url, startAt, {
        lost,
        failed() {
          stop();
          if (progressiveUrl) plain(progressiveUrl);
          else failed();
        },
      });
    };
    void start();
    return () => {
      gone = true;
      stop();
    };
  }, [ref, session, hlsUrl, progressiveUrl, prefer, startAt]);
}

function playPlain(video: HTMLVideoElement, url: string, startAt: number, failed: () => void) {
  const seek = () => {
    if (startAt > 0) video.currentTime = startAt;
  };
  video.addEventListener('loadedmetadata', seek, { once: true });
  video.addEventListener('error', failed, { once: true });
  video.src = url;
  return () => {
    video.removeEventListener('loadedmetadata', seek);
    video.removeEventListener('error', failed);
    video.removeAttribute('src');
    video.load();
  };
}
