import type { Server } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useServerTimelineQuery } from '../../api/subscriptions.ts';
import styles from './Server.module.css';
import { StorageMeter } from './StorageMeter.tsx';

/** The server's name, state and storage. One that wakes or takes new settings is followed until it is ready. */
export function ServerHeader({ server: listed }: { server: Server }) {
  const { t } = useTranslation();
  const isReady = listed.state === 'ready';
  const { data: followed } = useServerTimelineQuery(listed.id, { skip: isReady });
  const server = isReady ? listed : (followed ?? listed);
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
