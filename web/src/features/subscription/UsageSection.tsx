import { useTranslation } from 'react-i18next';
import { useUsageQuery } from '../../api/subscriptions.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { formatBytes, formatDate } from '../../ui/format.ts';
import { Meter } from '../../ui/Progress.tsx';
import sections from '../../ui/Sections.module.css';
import styles from './Subscription.module.css';

/** What the plan limits, and how much of it is used. */
export function UsageSection({ serverId }: { serverId: string }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { data } = useUsageQuery(serverId, { pollingInterval: 15_000 });
  if (!data) return null;
  const { storage, transfer, viewers } = data;
  const bytes = ({ used, limit }: { used: number; limit: number }) =>
    t('subscription.of', { used: formatBytes(used, language), limit: formatBytes(limit, language) });
  const lines = [
    { name: 'storage', value: storage.used / storage.limit, text: bytes(storage) },
    { name: 'transfer', value: transfer.used / transfer.limit, text: bytes(transfer) },
    { name: 'viewers', value: viewers.now / viewers.limit, text: t('subscription.viewersOf', viewers) },
  ] as const;
  return (
    <section className={sections.card} data-testid="usage">
      <h2>{t('subscription.usage')}</h2>
      {lines.map(({ name, value, text }) => (
        <div key={name} className={styles.meter} data-testid={`usage-${name}`}>
          <p>
            <span>{t(`subscription.${name}`)}</span>
            <span>{text}</span>
          </p>
          <Meter
            label={t(`subscription.${name}`)}
            value={Number.isFinite(value) ? value : 0}
            valueText={text}
          />
        </div>
      ))}
      {transfer.resetsAt && (
        <p className={styles.note}>
          {t('subscription.resets', { date: formatDate(transfer.resetsAt, language) })}
        </p>
      )}
    </section>
  );
}
