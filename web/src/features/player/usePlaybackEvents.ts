import { useEffect, useEffectEvent } from 'react';

const askAgainAfter = 15_000;

/** Listens to a play session: `ended` is final; a server that falls asleep is listened to again later. */
export function usePlaybackEvents(eventsUrl: string | null, onEnded: () => void): void {
  const ended = useEffectEvent(onEnded);
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
