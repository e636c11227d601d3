import type { Server } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useVideoDetailsQuery } from '../../api/library.ts';
import { useLibraryEventsQuery } from '../../api/libraryEvents.ts';
import { useVideoQuery } from '../../api/media.ts';
import { useTitle } from '../../app/useTitle.ts';
import { problemText } from '../../i18n/problemText.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { EmptyState } from '../../ui/Notice.tsx';
import { ChapterEditor, keyOf } from '../chapters/ChapterEditor.tsx';
import { FileState } from '../files/FileState.tsx';
import { askAgainAfter } from '../library/videoState.ts';
import { Processing } from '../processing/Processing.tsx';
import { useMyServer } from '../server/useMyServer.ts';
import { OwnPlayback } from './OwnPlayback.tsx';
import { VideoDetails } from './VideoDetails.tsx';
import { VideoHeader } from './VideoHeader.tsx';
import styles from './VideoPage.module.css';

export function Component() {
  const { id = '' } = useParams();
  const { server, isReady } = useMyServer();
  if (!isReady) return <Loading />;
  return server ? <VideoOf key={id} server={server} id={id} /> : <Missing />;
}

function VideoOf({ server, id }: { server: Server; id: string }) {
  const { t } = useTranslation();
  const ref = { serverUrl: server.url, id };
  const [pollingInterval, setPollingInterval] = useState(0);
  const { data: video, error } = useVideoQuery(ref, { pollingInterval });
  const { data: details } = useVideoDetailsQuery(ref);
  useLibraryEventsQuery(server.url);
  const wanted = askAgainAfter(video ? [video] : []);
  if (wanted !== pollingInterval) setPollingInterval(wanted);
  useTitle(video?.title);
  if (!video) return error ? <Missing text={problemText(t, error)} /> : <Loading />;
  return (
    <article>
      <Link to="/app/server" className={styles.back}>
        <Icon name="back" />
        {t('nav.server')}
      </Link>
      <OwnPlayback server={server} video={video} />
      <VideoHeader server={server} video={video} />
      <Processing serverUrl={server.url} video={video} />
      {details && <FileState {...ref} details={details} />}
      <VideoDetails video={video} />
      {details && (
        <div className={styles.beside}>
          <ChapterEditor key={keyOf(details.chapters)} {...ref} {...{ video, details }} />
        </div>
      )}
    </article>
  );
}

function Missing({ text }: { text?: string }) {
  const { t } = useTranslation();
  return (
    <EmptyState isPage icon="play" title={t('video.missingTitle')} text={text}>
      <LinkButton to="/app/server">{t('nav.server')}</LinkButton>
    </EmptyState>
  );
}
