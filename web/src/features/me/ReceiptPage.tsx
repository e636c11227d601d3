import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useReceiptQuery } from '../../api/account.ts';
import { useTitle } from '../../app/useTitle.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { formatMoment } from '../../ui/format.ts';
import { Loading } from '../../ui/Loading.tsx';
import { EmptyState } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import styles from './Me.module.css';

const LOOK_MS = 3000;

/** What was removed with an account. The secret stays in the fragment of the address, so that it can be kept. */
export function Component() {
  const { t } = useTranslation();
  const [language] = useLanguage();
  useTitle(t('receipt.title'));
  const [secret] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? 'none');
  const [isDone, setDone] = useState(false);
  const { data, error } = useReceiptQuery(secret, { pollingInterval: isDone ? 0 : LOOK_MS });
  if (error)
    return (
      <EmptyState isPage icon="alert" tone="bad" title={t('receipt.title')} text={problemText(t, error)} />
    );
  if (!data) return <Loading />;
  if (data.isComplete && !isDone) setDone(true);
  return (
    <div className={sections.page}>
      <h1>{t('receipt.title')}</h1>
      <section className={sections.card} data-testid="receipt" data-complete={data.isComplete}>
        <p>{t(data.isComplete ? 'receipt.complete' : 'receipt.running')}</p>
        <ul className={styles.rows}>
          {data.removed.map(({ service, at, counts }) => (
            <li key={service} className={styles.row}>
              <div>
                <strong>{t(`receipt.${service}`)}</strong>
                <small>
                  {Object.entries(counts)
                    .map(
                      ([kind, count]) =>
                        `${t(`receipt.kind.${kind}` as 'receipt.kind.account', { defaultValue: kind })} ${count}`,
                    )
                    .join(' · ')}
                </small>
              </div>
              <small>{formatMoment(at, language)}</small>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
