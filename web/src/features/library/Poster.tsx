import type { Video } from '@ptsdly/contract';
import { useState } from 'react';
import { formatDuration } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { HoverPreview } from './HoverPreview.tsx';
import styles from './Library.module.css';
import { videoState } from './videoState.ts';

/** A still of the video, or a quiet evening sky of its own while there is none. */
export function Poster({ video }: { video: Video }) {
  const [broken, setBroken] = useState<string>();
  const source = video.posterUrl === broken ? null : video.posterUrl;
  return (
    <span className={styles.frame}>
      {source ? (
        <img src={source} alt="" loading="lazy" decoding="async" onError={() => setBroken(source)} />
      ) : (
        <Dusk seed={video.id} />
      )}
      {videoState(video) === 'failed' && (
        <span className={styles.broken}>
          <Icon name="alert" size={34} />
        </span>
      )}
      {video.playable && (
        <span className={styles.sign}>
          <Icon name="play" size={22} />
        </span>
      )}
      {video.storyboardUrl && <HoverPreview storyboardUrl={video.storyboardUrl} />}
      {video.duration !== null && <span className={styles.length}>{formatDuration(video.duration)}</span>}
    </span>
  );
}

const skies = ['#43304c,#a5553f', '#33314f,#87566b', '#2c3a47,#8a6a52', '#47303c,#b0704a', '#353049,#6d5a86'];

function Dusk({ seed }: { seed: string }) {
  const sum = [...seed].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  return (
    <span
      className={styles.dusk}
      style={{ backgroundImage: `linear-gradient(160deg, ${skies[sum % skies.length]})` }}
    />
  );
}
