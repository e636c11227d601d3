import { type PlayAnswer, Problem } from '@ptsdly/contract';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiProblem, toApiProblem } from '../../api/problem.ts';
import { formatDuration } from '../../ui/format.ts';
import { speakControls } from './elements.ts';
import { usePageKeys } from './keys.ts';
import styles from './Player.module.css';
import { usePlaybackEvents } from './usePlaybackEvents.ts';
import type { Session } from './usePlaySession.ts';
import { useSource } from './useSource.ts';

/** Seconds by which the length of a playlist may differ from that of its video. */
const TAIL = 0.5;

interface PlayerProps {
  readonly session: Session;
  readonly onEnded: () => void;
  readonly onLost: (position: number) => void;
  readonly onProblem: (problem: ApiProblem) => void;
}

/** Plays one session and hears when it ends. */
export default function Player({ session: { play, startAt }, onEnded, onLost, onProblem }: PlayerProps) {
  const { t, i18n } = useTranslation();
  speakControls(i18n.language);
  const video = useRef<HTMLVideoElement>(null);
  const onFailed = () => onProblem(toApiProblem(new Problem('not_playable')));
  useSource(video, play, startAt, { onLost, onFailed });
  usePlaybackEvents(play.eventsUrl, onEnded);
  usePageKeys(video);
  useStopAt(video, play.endAt);
  const isArriving = useArriving(video, play);
  useEffect(() => {
    // Where the browser wants a tap first, the play button waits for it.
    void video.current?.play().catch(() => undefined);
  }, []);
  const ratio = play.width && play.height ? play.width / play.height : 16 / 9;
  return (
    <media-controller
      key={i18n.language}
      class={styles.player}
      lang={i18n.language}
      hotkeys="no? nop"
      style={{ '--ratio': ratio } as React.CSSProperties}
    >
      {/* biome-ignore lint/a11y/useMediaCaption: a home video has none; a file's own subtitles come with its playlist */}
      <video ref={video} slot="media" playsInline preload="auto" data-testid="video" />
      {play.posterUrl && <media-poster-image slot="poster" src={play.posterUrl} />}
      <media-loading-indicator slot="centered-chrome" noautohide="" />
      <media-play-button slot="centered-chrome" class={styles.big} notooltip="" />
      <media-playback-rate-menu hidden anchor="auto" rates="0.5 0.75 1 1.25 1.5 2" />
      <media-control-bar class={styles.seek}>
        <media-time-range />
      </media-control-bar>
      <media-control-bar class={styles.bar}>
        <media-play-button />
        <media-seek-backward-button seekoffset="10" class={styles.wide} />
        <media-seek-forward-button seekoffset="10" class={styles.wide} />
        <media-mute-button />
        <media-volume-range class={styles.wide} />
        <media-time-display showduration="" />
        {isArriving && (
          <span className={styles.arriving} data-testid="arriving">
            {t('player.arriving', { time: formatDuration(play.duration) })}
          </span>
        )}
        <span className={styles.gap} />
        <media-playback-rate-menu-button />
        <media-pip-button />
        <media-fullscreen-button />
      </media-control-bar>
    </media-controller>
  );
}

/** True while more of the video is on its way: the player knows only the length of what has come. */
function useArriving(ref: React.RefObject<HTMLVideoElement | null>, play: PlayAnswer): boolean {
  const [arriving, setArriving] = useState(play.playableUntil !== null);
  const { playableUntil, duration } = play;
  useEffect(() => {
    const video = ref.current;
    if (!video || playableUntil === null) return;
    const look = () => setArriving(!(video.duration > duration - TAIL));
    video.addEventListener('durationchange', look);
    return () => video.removeEventListener('durationchange', look);
  }, [ref, playableUntil, duration]);
  return arriving;
}

/** A link may end before the video does. */
function useStopAt(ref: React.RefObject<HTMLVideoElement | null>, endAt: number | null) {
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
