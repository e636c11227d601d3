import type { Server, Video } from '@ptsdly/contract';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { originalUrl, usePlayOwnMutation } from '../../api/media.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { failureText, videoStateText } from '../library/videoState.ts';
import { beginning } from './beginning.ts';
import { parseStart } from './parseStart.ts';
import { usePlaySession } from './usePlaySession.ts';
import styles from './VideoPage.module.css';

const Player = lazy(() => import('./Player.tsx'));

/** The owner's own playback; what cannot be played yet is waited for. */
export function OwnPlayback({ server, video }: { server: Server; video: Video }) {
  const { t, i18n } = useTranslation();
  const [search] = useSearchParams();
  const [playOwn] = usePlayOwnMutation();
  const placeKey = `video ${video.id}`;
  const open = async () => {
    const play = await playOwn({ serverUrl: server.url, id: video.id }).unwrap();
    return { play, ...beginning(parseStart(search.get('t')), placeKey, play) };
  };
  const { state, start, end, lost } = usePlaySession(open, video.failure === null);
  if (video.failure) {
    return (
      <Stage>
        <p data-testid="video-failure" data-code={video.failure.code}>
          {failureText(t, video.failure)} {t('library.downloadable')}
        </p>
        <a href={originalUrl(server.url, video.id)} download className={styles.downloadOriginal}>
          <Icon name="download" />
          {t('common.download')}
        </a>
      </Stage>
    );
  }
  switch (state.is) {
    case 'playing':
      return (
        <div className={styles.stage}>
          <Suspense fallback={<Loading />}>
            <Player
              key={state.session.play.session}
              session={state.session}
              placeKey={placeKey}
              onEnded={end}
              onLost={lost}
              onRetry={start}
            />
          </Suspense>
        </div>
      );
    case 'waiting':
      return (
        <Stage>
          <Loading label={video.playable ? t('player.waiting') : videoStateText(t, video, i18n.language)} />
        </Stage>
      );
    case 'ended':
    case 'problem':
      return (
        <Stage>
          <p role="alert">{state.is === 'ended' ? t('video.ended') : problemText(t, state.problem)}</p>
          <Button icon="retry" onPress={start}>
            {t('video.again')}
          </Button>
        </Stage>
      );
    default:
      return (
        <Stage>
          <Loading />
        </Stage>
      );
  }
}

/** Keeps the player's place while there is nothing to play. */
function Stage({ children }: { children: React.ReactNode }) {
  return <div className={`${styles.stage} ${styles.still}`}>{children}</div>;
}
