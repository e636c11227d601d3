import type { LibrarySummary, Server } from '@ptsdly/contract';
import { Meter } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useLibrarySummaryQuery } from '../../api/library.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { cx } from '../../ui/cx.ts';
import { formatBytes } from '../../ui/format.ts';
import styles from './Storage.module.css';

const kinds = ['videos', 'arriving', 'former', 'trash'] as const;

/** How much of the storage is used, and by what. A server that is not awake tells only the sum. */
export function StorageMeter({ server }: { server: Server }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { data } = useLibrarySummaryQuery(server.url, { skip: server.state !== 'ready' });
  const { usedBytes, quotaBytes } = data ?? server;
  const used = t('server.storageOf', {
    used: formatBytes(usedBytes, language),
    quota: formatBytes(quotaBytes, language),
  });
  const parts = partsOf(data, usedBytes);
  const renditions = data?.storage.renditions ?? 0;
  return (
    <div className={styles.storage} data-testid="storage">
      <p>{used}</p>
      <Meter
        aria-label={t('server.storage')}
        value={quotaBytes > 0 ? Math.round((usedBytes / quotaBytes) * 1e4) / 1e4 : 0}
        maxValue={1}
        valueLabel={used}
        className={cx(styles.track, usedBytes > quotaBytes * 0.9 && styles.full)}
      >
        {kinds.map((kind) => (
          <span
            key={kind}
            className={cx(styles.part, styles[kind])}
            style={{ width: `${Math.min(100, (parts[kind] / Math.max(1, quotaBytes)) * 100)}%` }}
          />
        ))}
      </Meter>
      {kinds.some((kind) => kind !== 'videos' && parts[kind] > 0) && (
        <ul className={styles.legend}>
          {kinds
            .filter((kind) => parts[kind] > 0)
            .map((kind) => (
              <li key={kind}>
                <span className={cx(styles.dot, styles[kind])} aria-hidden="true" />
                {t(`server.kinds.${kind}`)} {formatBytes(parts[kind], language)}
              </li>
            ))}
        </ul>
      )}
      {renditions > 0 && (
        <p className={styles.note}>{t('server.renditions', { size: formatBytes(renditions, language) })}</p>
      )}
    </div>
  );
}

function partsOf(summary: LibrarySummary | undefined, used: number): Record<(typeof kinds)[number], number> {
  if (!summary) return { videos: used, arriving: 0, former: 0, trash: 0 };
  const { storage, trash } = summary;
  return {
    videos: storage.originals,
    arriving: storage.arriving,
    former: storage.former,
    trash: trash.bytes,
  };
}
