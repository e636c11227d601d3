import type { Server } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useVideosInfiniteQuery } from '../../api/media.ts';
import { Button } from '../../ui/Button.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import { ImportButton } from '../imports/ImportButton.tsx';
import { DropArea } from '../uploads/DropArea.tsx';
import { FileButton } from '../uploads/FileButton.tsx';
import { useUploader } from '../uploads/UploaderContext.ts';
import styles from './Library.module.css';
import { VideoCard } from './VideoCard.tsx';
import { askAgainAfter } from './videoState.ts';

export function Library({ server }: { server: Server }) {
  const { t } = useTranslation();
  const uploader = useUploader();
  const [pollingInterval, setPollingInterval] = useState(0);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useVideosInfiniteQuery(
    server.url,
    { pollingInterval, refetchOnMountOrArgChange: true },
  );
  const videos = data?.pages.flatMap((page) => page.items);
  const wanted = askAgainAfter(videos ?? []);
  if (wanted !== pollingInterval) setPollingInterval(wanted);
  return (
    <DropArea onFiles={(picks) => void uploader.add(server.url, picks)}>
      <div className={styles.head}>
        <h2>{t('library.title')}</h2>
        <div className={styles.actions}>
          <ImportButton serverUrl={server.url} />
          <FileButton serverUrl={server.url} />
        </div>
      </div>
      {error && !videos && (
        <ProblemNotice problem={error}>
          <Button look="quiet" onPress={() => void refetch()}>
            {t('common.retry')}
          </Button>
        </ProblemNotice>
      )}
      {!error && !videos && <Loading />}
      {videos?.length === 0 && (
        <div className={styles.empty}>
          <EmptyState icon="upload" title={t('library.emptyTitle')} text={t('library.emptyText')} />
        </div>
      )}
      {videos && videos.length > 0 && (
        <ul className={styles.grid}>
          {videos.map((video) => (
            <VideoCard key={video.id} server={server} video={video} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button
          look="quiet"
          className={styles.more}
          isPending={isFetchingNextPage}
          onPress={() => void fetchNextPage()}
        >
          {t('library.showMore')}
        </Button>
      )}
    </DropArea>
  );
}
