import { type RefObject, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatDuration } from '../../ui/format.ts';
import control from './Control.module.css';
import styles from './Player.module.css';
import { useDoubleTap } from './useDoubleTap.ts';

type VideoRef = RefObject<HTMLVideoElement | null>;

/** What two taps have done. */
export function Leaps({ of: video }: { of: VideoRef }) {
  const { t } = useTranslation();
  const leap = useDoubleTap(video);
  if (!leap) return null;
  return (
    <span className={styles.leap} data-side={leap.side} role="status" data-testid="leap">
      {t(leap.side === 'back' ? 'player.leptBack' : 'player.leptForward', { seconds: leap.seconds })}
    </span>
  );
}

const resumedFor = 8000;

/** Says that the video goes on where it was left, with a way back to its start. */
export function Resumed({ of: video, startAt }: { of: VideoRef; startAt: number }) {
  const { t } = useTranslation();
  const [isShown, setShown] = useState(true);
  useEffect(() => {
    const timer = setTimeout(setShown, resumedFor, false);
    return () => clearTimeout(timer);
  }, []);
  if (!isShown) return null;
  const again = () => {
    if (video.current) video.current.currentTime = 0;
    setShown(false);
  };
  return (
    <span className={styles.resumed} data-testid="resumed">
      <span>{t('player.resumed', { time: formatDuration(startAt) })}</span>
      <button type="button" onClick={again} data-testid="from-start">
        {t('player.fromStart')}
      </button>
    </span>
  );
}

/** What is seen where the browser can do nothing with what there is, while another version may be on its way. */
export function Unplayable({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={styles.unplayable} role="alert" data-testid="unplayable">
      <p>{t('player.unplayable')}</p>
      <button type="button" className={control.main} onClick={onRetry}>
        {t('common.retry')}
      </button>
    </div>
  );
}

/** The sound is still being converted; when it is there, a tap takes it, so that nothing jumps by itself. */
export function SoundPending({ isReady, onTake }: { isReady: boolean; onTake: () => void }) {
  const { t } = useTranslation();
  return (
    <span className={styles.resumed} role="status" data-testid="sound-pending" data-ready={isReady}>
      <span>{t(isReady ? 'player.soundReady' : 'player.soundPending')}</span>
      {isReady && (
        <button type="button" onClick={onTake} data-testid="take-sound">
          {t('player.takeSound')}
        </button>
      )}
    </span>
  );
}
