import type { Server, Video } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { Button, IconButton } from '../../ui/Button.tsx';
import { DownloadMenu } from '../files/DownloadMenu.tsx';
import { ReplaceDialog } from '../files/ReplaceDialog.tsx';
import { RenameTitle } from '../library/RenameTitle.tsx';
import { useLibraryActions } from '../library/useLibraryActions.ts';
import { PosterMenu } from '../poster/PosterMenu.tsx';
import { ShareDialog } from '../sharing/ShareDialog.tsx';
import styles from './VideoPage.module.css';

export function VideoHeader({ server, video }: { server: Server; video: Video }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { trash } = useLibraryActions(server.url);
  const [doing, setDoing] = useState<'nothing' | 'renaming' | 'sharing' | 'replacing'>('nothing');
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
            <h1 data-testid="video-title" onDoubleClick={() => setDoing('renaming')}>
              {video.title}
            </h1>
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
          <>
            <DownloadMenu serverUrl={server.url} video={video} />
            <IconButton
              icon="upload"
              label={t('files.replace')}
              onPress={() => setDoing('replacing')}
              data-testid="replace"
            />
          </>
        )}
        <IconButton
          icon="trash"
          label={t('library.toTrash')}
          onPress={() => void trash([video.id]).then(() => navigate('/app/server'))}
          data-testid="delete"
        />
      </div>
      <ShareDialog serverId={server.id} video={video} isOpen={doing === 'sharing'} onClose={done} />
      {doing === 'replacing' && <ReplaceDialog serverUrl={server.url} video={video} onClose={done} />}
    </header>
  );
}
