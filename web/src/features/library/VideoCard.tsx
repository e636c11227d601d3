import type { Server, Video } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { cx } from '../../ui/cx.ts';
import { formatBytes, formatDate } from '../../ui/format.ts';
import { Progress } from '../../ui/Progress.tsx';
import { ShareDialog } from '../sharing/ShareDialog.tsx';
import { DeleteVideoDialog } from './DeleteVideoDialog.tsx';
import styles from './Library.module.css';
import { Poster } from './Poster.tsx';
import { RenameTitle } from './RenameTitle.tsx';
import { VideoMenu } from './VideoMenu.tsx';
import { videoState, videoStateText } from './videoState.ts';

type Doing = 'nothing' | 'renaming' | 'sharing' | 'deleting';

export function VideoCard({ server, video }: { server: Server; video: Video }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const [doing, setDoing] = useState<Doing>('nothing');
  const done = () => setDoing('nothing');
  const state = videoState(video);
  const words = videoStateText(t, video, language);
  return (
    <li className={styles.card} data-testid="video-card" data-state={state} data-id={video.id}>
      <Link to={`/app/videos/${video.id}`} className={styles.poster} aria-label={video.title}>
        <Poster video={video} />
      </Link>
      {state === 'receiving' && (
        <Progress label={words} value={video.sizeBytes > 0 ? video.receivedBytes / video.sizeBytes : 0} />
      )}
      <div className={styles.row}>
        <div className={styles.words}>
          {doing === 'renaming' ? (
            <RenameTitle serverUrl={server.url} video={video} onDone={done} />
          ) : (
            <h3 className={styles.title} data-testid="video-title">
              <Link to={`/app/videos/${video.id}`} tabIndex={-1}>
                {video.title}
              </Link>
            </h3>
          )}
          <p className={styles.facts}>
            {formatBytes(video.sizeBytes, language)} · {formatDate(video.createdAt, language)}
          </p>
          <p className={cx(styles.state, styles[state])}>
            {words}
            {state === 'failed' && ` ${t('library.downloadable')}`}
          </p>
        </div>
        <VideoMenu server={server} video={video} onDo={setDoing} />
      </div>
      <ShareDialog serverId={server.id} video={video} isOpen={doing === 'sharing'} onClose={done} />
      <DeleteVideoDialog serverUrl={server.url} video={video} isOpen={doing === 'deleting'} onClose={done} />
    </li>
  );
}
