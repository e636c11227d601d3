import { useTranslation } from 'react-i18next';
import { useAccountServersInfiniteQuery } from '../../api/operator.ts';
import { formatBytes, formatDate } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { MoreButton } from './MoreButton.tsx';
import styles from './Operator.module.css';

/** The media servers of one account: their state and size, never what lies in them. */
export function AccountServers({ ownerId }: { ownerId: string }) {
  const { t, i18n } = useTranslation();
  const found = useAccountServersInfiniteQuery(ownerId, { refetchOnMountOrArgChange: true });
  const data = found.data?.pages.flatMap(({ items }) => items);
  if (found.error) return <ProblemNotice problem={found.error} />;
  if (data?.length === 0) return <p className={styles.servers}>{t('operator.noServers')}</p>;
  return (
    <>
      <ul className={styles.servers}>
        {data?.map((server) => (
          <li key={server.id} data-testid="account-server">
            <code className={styles.code}>{server.slug}</code>
            <span className={sections.byline}>
              <span className={styles.role}>{t(`server.state.${server.state}`)}</span>
              <span>
                {formatBytes(server.usedBytes, i18n.language)} /{' '}
                {formatBytes(server.quotaBytes, i18n.language)}
              </span>
              <time dateTime={server.createdAt}>{formatDate(server.createdAt, i18n.language)}</time>
            </span>
          </li>
        ))}
      </ul>
      <MoreButton found={found} />
    </>
  );
}
