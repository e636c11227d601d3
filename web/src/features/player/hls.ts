import Hls, { type ErrorData, ErrorTypes, Events } from 'hls.js';
import type { Source, Streams } from './streams.ts';

export interface HlsEvents {
  /** The session is over for the server, or cannot be reached; whoever opened it may open another. */
  lost(): void;
  failed(): void;
  /** There is more or something else to choose from. */
  offered(streams: Streams): void;
}

const longestRecoveries = 3;
const lineBackAfter = 2000;
/** The playlist of the video as it was uploaded. */
const original = /\/v0\.m3u8$/;

/** Plays an HLS address by Media Source Extensions. */
export function playHls(video: HTMLVideoElement, url: string, startAt: number, events: HlsEvents): Source {
  // A video that is still arriving looks like a live stream: its viewer begins at its start, not near its end.
  const hls = new Hls({
    ...{ startPosition: startAt, maxBufferLength: 30, backBufferLength: 60 },
    ...{ capLevelToPlayerSize: true, startFragPrefetch: true },
  });
  let recoveries = 0;
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wanted: number | null = null;

  /** Picture and sound often find out together; it is said once. */
  const lose = () => {
    clearTimeout(timer);
    hls.stopLoad();
    if (!over) events.lost();
    over = true;
  };
  const offer = () => events.offered(streamsOf(hls, wanted));

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
  for (const event of [
    Events.MANIFEST_PARSED,
    Events.LEVELS_UPDATED,
    Events.LEVEL_SWITCHED,
    Events.AUDIO_TRACKS_UPDATED,
    Events.AUDIO_TRACK_SWITCHED,
  ] as const) {
    hls.on(event, offer);
  }
  const forgetEnd = goOnAfterEnd(video);
  hls.loadSource(url);
  hls.attachMedia(video);
  return {
    chooseQuality(id) {
      wanted = id;
      hls.nextLevel = id ?? -1;
      offer();
    },
    chooseSound(id) {
      hls.audioTrack = id;
      offer();
    },
    grown() {
      // The playlist is asked for again in its own time; only who has come to its end does not wait for that.
      if (video.ended || video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) hls.startLoad();
    },
    stop() {
      clearTimeout(timer);
      forgetEnd();
      hls.destroy();
    },
  };
}

function streamsOf(hls: Hls, quality: number | null): Streams {
  const qualities = hls.levels.map((level, id) => {
    const isOriginal = original.test(level.uri.split('?', 1)[0] ?? '');
    return { id, height: Math.min(level.width, level.height), bitrate: level.averageBitrate, isOriginal };
  });
  qualities.sort((a, b) => b.height - a.height || b.bitrate - a.bitrate);
  const shown = qualities.find(({ id }) => id === hls.currentLevel);
  return {
    qualities,
    quality,
    shownHeight: shown?.height ?? null,
    sounds: hls.audioTracks.map((track, id) => ({ id, name: track.name, language: track.lang ?? null })),
    sound: hls.audioTrack,
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
