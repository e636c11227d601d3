import type { PlayAnswer } from '@ptsdly/contract';
import { type RefObject, useEffect, useEffectEvent, useRef, useState } from 'react';
import { abilities, chooseSource } from './source.ts';
import { noStreams, type Source, type Streams } from './streams.ts';

export interface SourceEvents {
  /** The session is over for the server, at this position. */
  readonly onLost: (position: number) => void;
  readonly onFailed: () => void;
}

export interface ShownSource extends Omit<Source, 'stop'> {
  readonly streams: Streams;
}

/** Gives the video element its bytes, for as long as the session is shown. */
export function useSource(
  ref: RefObject<HTMLVideoElement | null>,
  play: PlayAnswer,
  startAt: number,
  { onLost, onFailed }: SourceEvents,
): ShownSource {
  const [streams, setStreams] = useState(noStreams);
  const source = useRef<Source>(undefined);
  const lost = useEffectEvent(() => onLost(ref.current?.currentTime || startAt));
  const failed = useEffectEvent(onFailed);
  const { session, hlsUrl, progressiveUrl, prefer } = play;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new session starts afresh even where its addresses are the same
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    let gone = false;
    const plain = (url: string) => {
      setStreams(noStreams);
      source.current = playPlain(video, url, startAt, { lost, failed });
    };
    const start = async () => {
      const chosen = chooseSource({ hlsUrl, progressiveUrl, prefer }, abilities(video));
      if (!chosen) return failed();
      if (chosen.kind === 'native') return plain(chosen.url);
      // The player's heaviest part comes only now that there is something to play.
      const { playHls } = await import('./hls.ts');
      if (gone) return;
      source.current = playHls(video, chosen.url, startAt, {
        lost,
        offered: setStreams,
        failed() {
          source.current?.stop();
          if (progressiveUrl) plain(progressiveUrl);
          else failed();
        },
      });
    };
    void start();
    return () => {
      gone = true;
      source.current?.stop();
      source.current = undefined;
    };
  }, [ref, session, hlsUrl, progressiveUrl, prefer, startAt]);
  return {
    streams,
    chooseQuality: (id) => source.current?.chooseQuality(id),
    chooseSound: (id) => source.current?.chooseSound(id),
    grown: () => source.current?.grown(),
  };
}

/** A network error after something has played is a session that was lost; any other means that this cannot be played. */
function playPlain(
  video: HTMLVideoElement,
  url: string,
  startAt: number,
  { lost, failed }: { lost(): void; failed(): void },
): Source {
  const seek = () => {
    if (startAt > 0) video.currentTime = startAt;
  };
  const fail = () => {
    const network = video.error?.code === MediaError.MEDIA_ERR_NETWORK;
    if (network && video.readyState > HTMLMediaElement.HAVE_NOTHING) lost();
    else failed();
  };
  video.addEventListener('loadedmetadata', seek, { once: true });
  video.addEventListener('error', fail, { once: true });
  video.src = url;
  return {
    chooseQuality: () => undefined,
    chooseSound: () => undefined,
    grown: () => undefined, // the request for the file goes on by itself
    stop() {
      video.removeEventListener('loadedmetadata', seek);
      video.removeEventListener('error', fail);
      video.removeAttribute('src');
      video.load();
    },
  };
}
