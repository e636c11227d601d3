import type { Server } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import {
  useEmptyTrashMutation,
  useLibrarySummaryQuery,
  useTrashedFoldersQuery,
  type VideoFilter,
} from '../../api/library.ts';
import { useLibraryEventsQuery } from '../../api/libraryEvents.ts';
import { useTitle } from '../../app/useTitle.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { formatBytes } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { say, warn } from '../../ui/toasts.ts';
import { useMyServer } from '../server/useMyServer.ts';
import styles from './Library.module.css';
import { type Doing, LibraryDialogs } from './LibraryDialogs.tsx';
import { Bar } from './SelectionBar.tsx';
import { nothing } from './selection.ts';
import { TrashedFolders } from './TrashedFolders.tsx';
import { useLibraryActions } from './useLibraryActions.ts';
import { readView } from './useLibraryView.ts';
import { VideoGrid } from './VideoGrid.tsx';

const filter: VideoFilter = { trashed: 'true', sort: '-trashed' };
const view = readView(new URLSearchParams());

export function Component() {
  const { server } = useMyServer();
  return server ? <Trash server={server} /> : <Loading />;
}

function Trash({ server }: { server: Server }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const [selection, select] = useState(nothing);
  const [asking, setAsking] = useState<'some' | 'all' | null>(null);
  const [doing, setDoing] = useState<Doing | null>(null);
  const { data: summary } = useLibrarySummaryQuery(server.url);
  const [emptyTrash, { isLoading }] = useEmptyTrashMutation();
  const { data: folders = [] } = useTrashedFoldersQuery(server.url);
  const actions = useLibraryActions(server.url);
  useLibraryEventsQuery(server.url);
  useTitle(t('trash.title'));
  const ids = [...selection.ids];
  const destroy = async () => {
    if (asking === 'some') await actions.run(ids, { do: 'delete' });
    else {
      const { error } = await emptyTrash(server.url);
      if (error) warn(problemText(t, error));
      else say(t('trash.emptied'));
    }
    setAsking(null);
    select(nothing);
  };
  const bytes = summary?.trash.bytes ?? 0;
  return (
    <section className={styles.library} aria-label={t('trash.title')}>
      <Link to="/app/server" className={styles.back}>
        <Icon name="back" />
        {t('nav.server')}
      </Link>
      <header className={styles.trashHead}>
        <div>
          <h1>{t('trash.title')}</h1>
          <p>
            {t('trash.lead', { days: summary?.trashDays ?? 30 })}{' '}
            {bytes > 0 && t('trash.takes', { size: formatBytes(bytes, language) })}
          </p>
        </div>
        {summary && (summary.trash.count > 0 || folders.length > 0) && (
          <Button look="danger" icon="trash" onPress={() => setAsking('all')} data-testid="empty-trash">
            {t('trash.empty')}
          </Button>
        )}
      </header>
      <TrashedFolders serverUrl={server.url} restore={actions.restoreFolder} />
      <VideoGrid {...{ server, view, filter, selection, select, actions }} isTrash onDo={setDoing} />
      {ids.length > 0 && (
        <Bar count={ids.length} onClear={() => select(nothing)}>
          <IconButton
            icon="retry"
            label={t('trash.restore')}
            onPress={() => void actions.restore(ids).then(() => select(nothing))}
            data-testid="bulk-restore"
          />
          <IconButton
            icon="trash"
            label={t('trash.deleteForGood')}
            onPress={() => setAsking('some')}
            data-testid="bulk-delete"
          />
        </Bar>
      )}
      <ConfirmDialog
        title={t('trash.confirmTitle')}
        text={t('trash.confirmText', { count: asking === 'some' ? ids.length : (summary?.trash.count ?? 0) })}
        action={t('trash.deleteForGood')}
        isOpen={asking !== null}
        isPending={isLoading}
        onConfirm={destroy}
        onClose={() => setAsking(null)}
        testId="confirm-delete"
      />
      <LibraryDialogs
        {...{ server, actions, doing }}
        folders={[]}
        folderId={null}
        onClose={() => setDoing(null)}
        onDone={() => select(nothing)}
      />
    </section>
  );
}
