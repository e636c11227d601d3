import type { PlayAnswer } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../ui/Icon.tsx';
import { Mark } from '../../ui/Logo.tsx';
import { ReportLink } from './ReportLink.tsx';
import styles from './Watch.module.css';

interface WatchFooterProps {
  readonly play: PlayAnswer | null;
  /** The code to report; null where there is nothing to see. */
  readonly code: string | null;
}

export function WatchFooter({ play, code }: WatchFooterProps) {
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
          {play.downloads.map(({ height, url }) => (
            <a key={url} href={url} download className={styles.download} data-testid="watch-download-size">
              <Icon name="download" />
              {t('common.downloadSize', { height })}
            </a>
          ))}
        </div>
      )}
      <div className={styles.edge}>
        {code !== null && <ReportLink code={code} />}
        <a href="/" className={styles.made}>
          <Mark size={22} />
          {t('common.madeWith')}
        </a>
      </div>
    </footer>
  );
}
