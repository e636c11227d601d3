import type { PlayAnswer } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../ui/Icon.tsx';
import { Mark } from '../../ui/Logo.tsx';
import styles from './Watch.module.css';

export function WatchFooter({ play }: { play: PlayAnswer | null }) {
  const { t } = useTranslation();
  return (
    <footer className={styles.footer}>
      {play && (
        <div className={styles.about}>
          <h1 data-testid="watch-title">{play.title}</h1>
          {play.downloadUrl && (
            <a href={play.downloadUrl} download className={styles.download} data-testid="watch-download">
              <Icon name="download" />
              {t('common.download')}
            </a>
          )}
        </div>
      )}
      <a href="/" className={styles.made}>
        <Mark size={22} />
        {t('common.madeWith')}
      </a>
    </footer>
  );
}
