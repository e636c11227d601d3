import type { Server, VideoSort } from '@ptsdly/contract';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Layout, layoutChosen } from '../../store/preferences.ts';
import { useAppDispatch, useAppSelector } from '../../store/store.ts';
import { IconButton } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Menu, MenuItem } from '../../ui/Menu.tsx';
import { ImportButton } from '../imports/ImportButton.tsx';
import { FileButton, FolderButton } from '../uploads/FileButton.tsx';
import styles from './Library.module.css';
import type { LibraryView } from './useLibraryView.ts';

export type ChangeView = (wanted: Partial<LibraryView>, replace?: boolean) => void;

interface LibraryToolbarProps {
  readonly server: Server;
  readonly view: LibraryView;
  readonly change: ChangeView;
  readonly onNewFolder: () => void;
}

export function LibraryToolbar({ server, view, change, onNewFolder }: LibraryToolbarProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.toolbar}>
      <SearchField search={view.search} onSearch={(search) => change({ search }, true)} />
      <div className={styles.tools}>
        <SortMenu sort={view.sort} onSort={(sort) => change({ sort }, true)} />
        <LayoutButton />
        <IconButton
          icon="folderAdd"
          label={t('library.newFolder')}
          onPress={onNewFolder}
          data-testid="new-folder"
        />
        <ImportButton serverUrl={server.url} />
        <FolderButton serverUrl={server.url} folderId={view.folderId} />
        <FileButton serverUrl={server.url} folderId={view.folderId} />
      </div>
    </div>
  );
}

const patience = 180;

/** Searches as one types; the field itself never waits. */
function SearchField({ search, onSearch }: { search: string; onSearch: (search: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(search);
  const [shown, setShown] = useState(search);
  if (search !== shown) {
    setShown(search); // "back" was pressed, or a filter cleared
    setTyped(search);
  }
  useEffect(() => {
    if (typed === search) return;
    const timer = setTimeout(() => {
      setShown(typed);
      onSearch(typed);
    }, patience);
    return () => clearTimeout(timer);
  }, [typed, search, onSearch]);
  return (
    <search className={styles.search}>
      <Icon name="search" />
      <input
        type="search"
        value={typed}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        onKeyDown={({ key }) => key === 'Escape' && setTyped('')}
        placeholder={t('library.search')}
        aria-label={t('library.search')}
        maxLength={200}
        data-testid="search"
      />
      {typed !== '' && (
        <IconButton icon="close" label={t('library.clearSearch')} onPress={() => setTyped('')} />
      )}
    </search>
  );
}

const sorts = [
  '-created',
  'created',
  'title',
  '-duration',
  '-size',
  '-played',
] as const satisfies VideoSort[];

function SortMenu({ sort, onSort }: { sort: VideoSort; onSort: (sort: VideoSort) => void }) {
  const { t } = useTranslation();
  const label = t('library.sort');
  return (
    <Menu label={label} trigger={<IconButton icon="sort" label={label} data-testid="sort" />}>
      {sorts.map((one) => (
        <MenuItem
          key={one}
          icon={one === sort ? 'check' : 'sort'}
          onAction={() => onSort(one)}
          testId={`sort-${one}`}
        >
          {t(`library.sorts.${one}`)}
        </MenuItem>
      ))}
    </Menu>
  );
}

function LayoutButton() {
  const { t } = useTranslation();
  const layout = useAppSelector((state) => state.preferences.layout);
  const dispatch = useAppDispatch();
  const other: Layout = layout === 'grid' ? 'list' : 'grid';
  return (
    <IconButton
      icon={other}
      label={t(`library.as.${other}`)}
      onPress={() => dispatch(layoutChosen(other))}
      data-testid="layout"
    />
  );
}
