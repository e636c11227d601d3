import type { Server } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFoldersQuery, useLibrarySummaryQuery } from '../../api/library.ts';
import { useLibraryEventsQuery } from '../../api/libraryEvents.ts';
import { DropArea } from '../uploads/DropArea.tsx';
import { useUploads } from '../uploads/UploaderContext.ts';
import { Breadcrumbs } from './Breadcrumbs.tsx';
import { Filters } from './Filters.tsx';
import { FolderTiles } from './FolderTiles.tsx';
import { pathTo } from './folderPath.ts';
import styles from './Library.module.css';
import { type Doing, LibraryDialogs } from './LibraryDialogs.tsx';
import { LibraryToolbar } from './LibraryToolbar.tsx';
import { SelectionBar } from './SelectionBar.tsx';
import { nothing } from './selection.ts';
import { useLibraryActions } from './useLibraryActions.ts';
import { filterOf, isEverywhere, useLibraryView } from './useLibraryView.ts';
import { VideoGrid } from './VideoGrid.tsx';

export function Library({ server }: { server: Server }) {
  const { t } = useTranslation();
  const uploads = useUploads();
  const [view, change] = useLibraryView();
  const [selection, select] = useState(nothing);
  const [doing, setDoing] = useState<Doing | null>(null);
  const { data: folders = [] } = useFoldersQuery(server.url);
  const { data: summary } = useLibrarySummaryQuery(server.url);
  const actions = useLibraryActions(server.url);
  useLibraryEventsQuery(server.url);
  const everywhere = isEverywhere(view);
  const path = pathTo(folders, view.folderId);
  const within = everywhere ? [] : folders.filter(({ parentId }) => parentId === view.folderId);
  const place = { server, actions, folders, folderId: view.folderId };
  return (
    <DropArea onFiles={(picks) => void uploads.add(server.url, picks, view.folderId)}>
      <section className={styles.library} aria-label={t('library.title')}>
        <LibraryToolbar
          server={server}
          view={view}
          change={change}
          onNewFolder={() => setDoing({ what: 'new-folder' })}
        />
        <Filters view={view} change={change} summary={summary} />
        {view.folderId && !everywhere && <Breadcrumbs {...place} path={path} />}
        {within.length > 0 && <FolderTiles {...place} within={within} onDo={setDoing} />}
        <VideoGrid
          {...{ server, view, selection, select, actions }}
          filter={filterOf(view)}
          hasFolders={within.length > 0}
          onDo={setDoing}
        />
      </section>
      {selection.ids.size > 0 && (
        <SelectionBar {...{ server, selection, select, actions }} folderId={view.folderId} onDo={setDoing} />
      )}
      <LibraryDialogs
        {...place}
        doing={doing}
        onClose={() => setDoing(null)}
        onDone={() => select(nothing)}
      />
    </DropArea>
  );
}
