import { COMPLETION_PARTS, createClient, linksApi } from '@ptsdly/contract';

/** Parts are sent together, so many milliseconds after the first of them. */
const SEND_MS = 10_000;

const links = createClient(
  { note: linksApi.noteProgress },
  { fetch: (request) => fetch(new Request(request, { keepalive: true })), baseUrl: location.origin },
);

/**
 * Tells the owner's statistics how far this play has come: twentieths of the video, and nothing about who watches. It
 * listens to the video inside `stage` until it is stopped. What cannot be sent is let go.
 */
export function noteProgress(stage: HTMLElement, code: string, ticket: string): () => void {
  const shown = new Set<number>();
  let fresh: number[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const send = () => {
    clearTimeout(timer);
    timer = undefined;
    if (fresh.length === 0) return;
    const parts = fresh;
    fresh = [];
    links.note({ params: { code }, body: { ticket, parts } }).catch(() => undefined);
  };
  const look = ({ target }: Event) => {
    if (!(target instanceof HTMLVideoElement) || target.paused || target.seeking) return;
    const part = partOf(target.currentTime, target.duration);
    if (part === undefined || shown.has(part)) return;
    shown.add(part);
    fresh.push(part);
    if (shown.size === 1) send();
    else timer ??= setTimeout(send, SEND_MS);
  };
  const leave = () => document.visibilityState === 'hidden' && send();
  stage.addEventListener('timeupdate', look, true);
  document.addEventListener('visibilitychange', leave);
  return () => {
    send();
    stage.removeEventListener('timeupdate', look, true);
    document.removeEventListener('visibilitychange', leave);
  };
}

/** The part that a position lies in; undefined while the duration is not known (a live playlist). */
export function partOf(seconds: number, duration: number): number | undefined {
  if (!Number.isFinite(duration) || duration <= 0) return undefined;
  return Math.min(COMPLETION_PARTS - 1, Math.max(0, Math.floor((seconds / duration) * COMPLETION_PARTS)));
}
