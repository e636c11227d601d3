import type { Folder } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { IconButton } from '../../ui/Button.tsx';
import { cx } from '../../ui/cx.ts';
import { formatBytes } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Menu, MenuItem } from '../../ui/Menu.tsx';
import { folderType, useDropTarget } from './dragged.ts';
import { contentOf } from './folderPath.ts';
import styles from './Library.module.css';
import type { Doing } from './LibraryDialogs.tsx';
import type { LibraryActions } from './useLibraryActions.ts';

interface FolderTilesProps {
  readonly folders: readonly Folder[];
  readonly within: readonly Folder[];
  /** The folder that is shown. */
  readonly folderId: string | null;
  readonly actions: LibraryActions;
  readonly onDo: (doing: Doing) => void;
}

export function FolderTiles({ folders, within, folderId, actions, onDo }: FolderTilesProps) {
  const { t } = useTranslation();
  return (
    <ul className={styles.folders} aria-label={t('library.folders')}>
      {within.map((folder) => (
        <FolderTile key={folder.id} {...{ folder, folders, actions, onDo }} from={folderId} />
      ))}
    </ul>
  );
}

interface FolderTileProps extends Pick<FolderTilesProps, 'folders' | 'actions' | 'onDo'> {
  readonly folder: Folder;
  readonly from: string | null;
}

function FolderTile({ folder, folders, from, actions, onDo }: FolderTileProps) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { id, name } = folder;
  const content = contentOf(folders, id);
  const { isOver, props } = useDropTarget((dropped) => {
    void actions.move(dropped.videoIds, id, from);
    if (dropped.folderId) void actions.moveFolder(dropped.folderId, id);
  });
  const label = t('library.actionsFor', { title: name });
  return (
    <li
      className={cx(styles.folder, isOver && styles.over)}
      draggable
      onDragStart={({ dataTransfer }) => dataTransfer.setData(folderType, id)}
      data-testid="folder"
      {...props}
    >
      <Link to={`/app/server?folder=${id}`} draggable={false} className={styles.folderLink}>
        <Icon name="folder" size={26} />
        <span className={styles.folderWords}>
          <strong>{name}</strong>
          <span>
            {content.videos > 0
              ? `${t('library.videoCount', { count: content.videos })} · ${formatBytes(content.bytes, language)}`
              : content.folders > 0
                ? t('library.folderCount', { count: content.folders })
                : t('library.emptyFolder')}
          </span>
        </span>
      </Link>
      <Menu label={label} trigger={<IconButton icon="more" label={label} data-testid="folder-menu" />}>
        <MenuItem icon="edit" onAction={() => onDo({ what: 'rename-folder', folder })} testId="folder-rename">
          {t('actions.rename')}
        </MenuItem>
        <MenuItem icon="move" onAction={() => onDo({ what: 'move-folder', folder })} testId="folder-move">
          {t('library.moveTo')}
        </MenuItem>
        <MenuItem
          icon="trash"
          danger
          onAction={() => void actions.trashFolder(id, name)}
          testId="folder-trash"
        >
          {t('library.toTrash')}
        </MenuItem>
      </Menu>
    </li>
  );
}
