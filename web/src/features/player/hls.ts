import Hls, { type ErrorData, ErrorTypes, Events } from 'hls.js';

export interface HlsEvents {
  /** The session is over for the server, or cannot be reached; whoever opened it may open another. */
  lost(): void;
  failed(): void;
}

const longestRecoveries = 3;
const lineBackAfter = 2000;

/** Plays an HLS address by Media Source Extensions; answers how to end it. */
export function playHls(video: HTMLVideoElement, url: string, startAt: number, events: HlsEvents) {
  // A video that is still arriving looks like a live stream: its viewer begins at its start, not near its end.
  const hls = new Hls({ startPosition: startAt, maxBufferLength: 30 });
  let recoveries = 0;
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Picture and sound often find out together; it is said once. */
  const lose = () => {
    clearTimeout(timer);
    hls.stopLoad();
    if (!over) events.lost();
    over = true;
  };

  hls.on(Events.ERROR, (_, data) => {
    if (isGone(data)) return lose();
    if (!data.fatal) return;
    recoveries += 1;
    if (data.type === ErrorTypes.NETWORK_ERROR && recoveries > longestRecoveries) return lose();
    if (data.type !== ErrorTypes.NETWORK_ERROR) {
      const hopeless = data.type !== ErrorTypes.MEDIA_ERROR || recoveries > longestRecoveries;
      return hopeless ? events.failed() : hls.recoverMediaError();
    }
    timer = setTimeout(() => again(hls, url, data), lineBackAfter);
  });
  hls.on(Events.FRAG_BUFFERED, () => {
    recoveries = 0;
  });
  const forgetEnd = goOnAfterEnd(video);
  hls.loadSource(url);
  hls.attachMedia(video);
  return () => {
    clearTimeout(timer);
    forgetEnd();
    hls.destroy();
  };
}

/** Who watches faster than a video arrives comes to what looks like its end, and goes on when there is more. */
function goOnAfterEnd(video: HTMLVideoElement): () => void {
  const goOn = () => {
    if (video.currentTime < video.duration) void video.play().catch(() => undefined);
  };
  const wait = () => video.addEventListener('durationchange', goOn, { once: true });
  video.addEventListener('ended', wait);
  return () => {
    video.removeEventListener('ended', wait);
    video.removeEventListener('durationchange', goOn);
  };
}

/** Without its playlist there is nothing to go on from. */
function again(hls: Hls, url: string, { details }: ErrorData) {
  if (details.startsWith('manifest')) hls.loadSource(url);
  else hls.startLoad();
}

const isGone = ({ response }: ErrorData) =>
  response?.code !== undefined && [401, 403, 404, 410].includes(response.code);
