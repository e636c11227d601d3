import { useEffect, useEffectEvent } from 'react';

const askAgainAfter = 15_000;

export interface PlaybackEvents {
  /** Final. */
  readonly onEnded: () => void;
  /** All bytes of the video have arrived. */
  readonly onComplete?: () => void;
  /** Another file stands there now. */
  readonly onReplaced?: () => void;
  /** A new session would have more to offer. */
  readonly onRenditions?: () => void;
}

/** Listens to a play session; a server that falls asleep is listened to again later. */
export function usePlaybackEvents(eventsUrl: string | null, events: PlaybackEvents): void {
  const ended = useEffectEvent(() => events.onEnded());
  const complete = useEffectEvent(() => events.onComplete?.());
  const replaced = useEffectEvent(() => events.onReplaced?.());
  const renditions = useEffectEvent(() => events.onRenditions?.());
  useEffect(() => {
    if (eventsUrl === null) return;
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => {
      source?.close();
      clearTimeout(timer);
      timer = setTimeout(listen, askAgainAfter);
    };
    const listen = () => {
      source = new EventSource(eventsUrl);
      source.addEventListener('asleep', later);
      source.addEventListener('ended', () => {
        source?.close();
        ended();
      });
      source.addEventListener('complete', complete);
      source.addEventListener('replaced', replaced);
      source.addEventListener('renditions', renditions);
      // The browser reconnects by itself, unless it was told that there is nothing to hear.
      source.addEventListener('error', () => source?.readyState === EventSource.CLOSED && later());
    };
    listen();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, [eventsUrl]);
}
