import type { Server, Video } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { originalUrl } from '../../api/media.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { RenameTitle } from '../library/RenameTitle.tsx';
import { useLibraryActions } from '../library/useLibraryActions.ts';
import { PosterMenu } from '../poster/PosterMenu.tsx';
import { ShareDialog } from '../sharing/ShareDialog.tsx';
import styles from './VideoPage.module.css';

export function VideoHeader({ server, video }: { server: Server; video: Video }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { trash } = useLibraryActions(server.url);
  const [doing, setDoing] = useState<'nothing' | 'renaming' | 'sharing'>('nothing');
  const done = () => setDoing('nothing');
  return (
    <header className={styles.header}>
      <div className={styles.titleRow}>
        {doing === 'renaming' ? (
          <div className={styles.rename}>
            <RenameTitle serverUrl={server.url} video={video} onDone={done} />
          </div>
        ) : (
          <>
            <h1 data-testid="video-title">{video.title}</h1>
            <IconButton
              icon="edit"
              label={t('actions.rename')}
              onPress={() => setDoing('renaming')}
              data-testid="rename"
            />
          </>
        )}
      </div>
      <div className={styles.actions}>
        {!video.failure && (
          <Button icon="share" onPress={() => setDoing('sharing')} data-testid="share">
            {t('actions.share')}
          </Button>
        )}
        <PosterMenu serverUrl={server.url} video={video} />
        {video.upload === 'complete' && (
          <a
            href={originalUrl(server.url, video.id)}
            download
            className={styles.round}
            aria-label={t('common.download')}
            title={t('common.download')}
            data-testid="download"
          >
            <Icon name="download" />
          </a>
        )}
        <IconButton
          icon="trash"
          label={t('library.toTrash')}
          onPress={() => void trash([video.id]).then(() => navigate('/app/server'))}
          data-testid="delete"
        />
      </div>
      <ShareDialog serverId={server.id} video={video} isOpen={doing === 'sharing'} onClose={done} />
    </header>
  );
}
