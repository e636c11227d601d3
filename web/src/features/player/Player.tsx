import { Fragment, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../../ui/cx.ts';
import { formatDuration } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import control from './Control.module.css';
import { speakControls } from './elements.ts';
import { KeysHelp } from './KeysHelp.tsx';
import { usePlayerKeys } from './keys.ts';
import { Leaps, Resumed, SoundPending, Unplayable } from './Overlays.tsx';
import styles from './Player.module.css';
import { playerSettings } from './playerSettings.ts';
import { SettingsMenu } from './SettingsMenu.tsx';
import { showVideo } from './shownVideo.ts';
import { TextTracks } from './TextTracks.tsx';
import { useCaptions } from './useCaptions.ts';
import { useLoudness } from './useLoudness.ts';
import { usePlace } from './usePlace.ts';
import type { Session } from './usePlaySession.ts';
import { useLive, useStopAt } from './useProgress.ts';
import { useRate } from './useRate.ts';
import { useSource } from './useSource.ts';

interface PlayerProps {
  readonly session: Session;
  /** Under what the place in the video is remembered on this device. */
  readonly placeKey: string | null;
  /** Hears the place now and then, in seconds; null for the end. */
  readonly onPlace?: (at: number | null) => void;
  readonly onEnded: () => void;
  readonly onLost: (position: number) => void;
  readonly onAgain: (position: number) => void;
  readonly onRetry: () => void;
}

/** Plays one session and hears when it ends. */
export default function Player(props: PlayerProps) {
  const { play, startAt, isResumed, speed } = props.session;
  const { t, i18n } = useTranslation();
  speakControls(i18n.language);
  const { subtitles, chapters, loudness } = play;
  const video = useRef<HTMLVideoElement>(null);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [isUnplayable, setUnplayable] = useState(false);
  const [isReached, setReached] = useState(false);
  const source = useSource(video, play, startAt, {
    onLost: props.onLost,
    onFailed: () => setUnplayable(true),
  });
  const captions = useCaptions(video, subtitles);
  const rate = useRate(video, speed);
  const normalised = useLoudness(video, loudness);
  const { isArriving, isSoundReady } = useLive(
    video,
    play,
    { ...props, onGrown: source.grown },
    isUnplayable,
  );
  usePlace(video, props.placeKey, play.duration, props.onPlace);
  usePlayerKeys(video, { toggleCaptions: captions.toggle, toggleHelp: () => setHelpOpen(true) });
  useStopAt(video, play.endAt);
  useEffect(() => {
    showVideo(video.current);
    return () => showVideo(null);
  }, []);
  useEffect(() => {
    // Where the browser wants a tap first, the play button waits for it.
    void video.current?.play().catch(() => undefined);
  }, []);
  const settings = playerSettings(t, i18n.language, {
    ...{ source, rate, loudness: normalised },
    captions: { ...captions, all: subtitles },
  });
  const ratio = play.width && play.height ? play.width / play.height : 16 / 9;
  return (
    <media-controller
      class={styles.player}
      lang={i18n.language}
      nohotkeys=""
      {...(isMenuOpen ? { noautohide: '' } : {})}
      style={{ '--ratio': ratio } as React.CSSProperties}
    >
      {/* biome-ignore lint/a11y/useMediaCaption: a home video has none; those that there are come as tracks */}
      <video
        ref={video}
        slot="media"
        playsInline
        preload="auto"
        onPlaying={() => setReached(true)}
        data-testid="video"
      >
        <TextTracks
          captions={subtitles}
          chapters={chapters}
          duration={play.duration}
          storyboardUrl={isReached ? play.storyboardUrl : null}
        />
      </video>
      {/* The controls learn their words when they are made; the video goes on. */}
      <Fragment key={i18n.language}>
        {play.posterUrl && <media-poster-image slot="poster" src={play.posterUrl} />}
        <media-loading-indicator slot="centered-chrome" noautohide="" />
        <media-play-button slot="centered-chrome" class={styles.big} notooltip="" />
        {isUnplayable && <Unplayable onRetry={props.onRetry} />}
        <Leaps of={video} />
        {play.pending.includes('audio') && (
          <SoundPending
            isReady={isSoundReady}
            onTake={() => props.onAgain(video.current?.currentTime ?? 0)}
          />
        )}
        {isResumed && startAt > 0 && <Resumed of={video} startAt={startAt} />}
        <media-control-bar
          class={styles.seek}
          onPointerEnter={() => setReached(true)}
          onFocus={() => setReached(true)}
        >
          <media-time-range />
        </media-control-bar>
        <media-control-bar class={styles.bar}>
          <media-play-button />
          <media-seek-backward-button seekoffset="10" notooltip="" class={styles.wide} />
          <media-seek-forward-button seekoffset="10" notooltip="" class={styles.wide} />
          <media-mute-button />
          <media-volume-range class={styles.wide} />
          <media-time-display showduration="" />
          {isArriving && (
            <span className={styles.arriving} data-testid="arriving">
              {play.duration > (play.playableUntil ?? 0) + 1
                ? t('player.arriving', { time: formatDuration(play.duration) })
                : t('player.arrivingOpen')}
            </span>
          )}
          <span className={styles.gap} />
          {subtitles.length > 0 && (
            <button
              type="button"
              className={cx(control.control, styles.toggle)}
              aria-label={t('player.captions')}
              aria-pressed={captions.shown !== null}
              onClick={captions.toggle}
              data-testid="captions"
            >
              <Icon name="captions" size={24} />
            </button>
          )}
          <SettingsMenu settings={settings} onHelp={() => setHelpOpen(true)} onOpenChange={setMenuOpen} />
          <media-pip-button class={styles.wide} />
          <media-fullscreen-button />
        </media-control-bar>
        {isHelpOpen && <KeysHelp onClose={() => setHelpOpen(false)} />}
      </Fragment>
    </media-controller>
  );
}
