import type { Server } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import styles from './Server.module.css';
import { StorageMeter } from './StorageMeter.tsx';

export function ServerHeader({ server }: { server: Server }) {
  const { t } = useTranslation();
  return (
    <header className={styles.header}>
      <div className={styles.names}>
        <h1>{server.name || t('server.defaultName')}</h1>
        <p className={styles.state} data-testid="server-state" data-state={server.state}>
          <span className={styles.light} aria-hidden="true" />
          {t(`server.state.${server.state}`)}
        </p>
      </div>
      <StorageMeter server={server} />
    </header>
  );
}
