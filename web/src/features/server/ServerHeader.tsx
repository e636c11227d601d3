import type { Server } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { formatBytes } from '../../ui/format.ts';
import { Meter } from '../../ui/Progress.tsx';
import styles from './Server.module.css';

export function ServerHeader({ server }: { server: Server }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const used = t('server.storageOf', {
    used: formatBytes(server.usedBytes, language),
    quota: formatBytes(server.quotaBytes, language),
  });
  return (
    <header className={styles.header}>
      <div className={styles.names}>
        <h1>{server.name || t('server.defaultName')}</h1>
        <p className={styles.state} data-testid="server-state" data-state={server.state}>
          <span className={styles.light} aria-hidden="true" />
          {t(`server.state.${server.state}`)}
        </p>
      </div>
      <div className={styles.storage}>
        <p>{used}</p>
        <Meter
          label={t('server.storage')}
          value={server.quotaBytes > 0 ? server.usedBytes / server.quotaBytes : 0}
          valueText={used}
        />
      </div>
    </header>
  );
}
