import { useTranslation } from 'react-i18next';
import { useTrashedFoldersQuery } from '../../api/library.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { IconButton } from '../../ui/Button.tsx';
import { formatBytes, formatDay } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import styles from './Library.module.css';

interface TrashedFoldersProps {
  readonly serverUrl: string;
  readonly restore: (id: string, name: string) => Promise<void>;
}

/** Folders that were thrown away whole; each comes back with all that went with it. */
export function TrashedFolders({ serverUrl, restore }: TrashedFoldersProps) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { data: folders = [] } = useTrashedFoldersQuery(serverUrl);
  if (folders.length === 0) return null;
  return (
    <ul className={styles.folders} aria-label={t('trash.folders')}>
      {folders.map(({ id, name, videoCount, sizeBytes, trashedAt }) => (
        <li key={id} className={styles.folder} data-testid="trashed-folder">
          <span className={styles.folderLink}>
            <Icon name="folder" size={26} />
            <span className={styles.folderWords}>
              <strong>{name}</strong>
              <span>
                {[
                  formatDay(trashedAt, language),
                  videoCount > 0
                    ? `${t('library.videoCount', { count: videoCount })} · ${formatBytes(sizeBytes, language)}`
                    : t('library.emptyFolder'),
                ].join(' · ')}
              </span>
            </span>
          </span>
          <IconButton
            icon="retry"
            label={t('trash.restoreFolder', { name })}
            onPress={() => void restore(id, name)}
            data-testid="restore-folder"
          />
        </li>
      ))}
    </ul>
  );
}
