import type { ChangePreview, InvoiceLine } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { usePlansQuery } from '../../api/subscriptions.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { formatDate, formatPrice } from '../../ui/format.ts';
import styles from './Plans.module.css';

/** What a change costs, line by line; nothing where nothing is charged. */
export function PreviewLines({ preview }: { preview: ChangePreview }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { data: plans } = usePlansQuery();
  const { currency } = preview.dueNow;
  const words = ({ kind, planId, from, to }: InvoiceLine) => {
    const plan = plans?.find(({ id }) => id === planId)?.name[language] ?? planId;
    if (kind === 'credit') return t('plans.lineCredit', { plan });
    return t('plans.linePlan', { plan, from: formatDate(from, language), to: formatDate(to, language) });
  };
  if (preview.lines.length === 0 && !preview.nextCharge) return null;
  return (
    <dl className={styles.bill} data-testid="preview">
      {preview.lines.map((line) => (
        <div key={line.kind}>
          <dt>{words(line)}</dt>
          <dd>{formatPrice(line.amount, currency, language)}</dd>
        </div>
      ))}
      {preview.lines.length > 0 && (
        <div className={styles.sum}>
          <dt>{t('plans.dueNow')}</dt>
          <dd data-testid="due-now">{formatPrice(preview.dueNow.amount, currency, language)}</dd>
        </div>
      )}
      {preview.nextCharge && (
        <div>
          <dt>{t('plans.thenCharge')}</dt>
          <dd>
            {formatDate(preview.nextCharge.at, language)} ·{' '}
            {formatPrice(preview.nextCharge.amount, currency, language)}
          </dd>
        </div>
      )}
    </dl>
  );
}
