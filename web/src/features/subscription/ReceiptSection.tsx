import type { Invoice } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useInvoicesQuery } from '../../api/billing.ts';
import { usePlansQuery } from '../../api/subscriptions.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { formatDate, formatPrice } from '../../ui/format.ts';
import sections from '../../ui/Sections.module.css';
import styles from './Subscription.module.css';

export function ReceiptSection({ subscriptionId }: { subscriptionId: string }) {
  const { t } = useTranslation();
  const { data } = useInvoicesQuery(subscriptionId);
  if (!data) return null;
  return (
    <section className={sections.card} data-testid="receipts">
      <h2>{t('subscription.receipts')}</h2>
      {data.length === 0 && <p className={styles.note}>{t('subscription.noReceipts')}</p>}
      <ul className={styles.receipts}>
        {data.map((invoice) => (
          <Receipt key={invoice.id} invoice={invoice} />
        ))}
      </ul>
    </section>
  );
}

function Receipt({ invoice }: { invoice: Invoice }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { data: plans } = usePlansQuery();
  const { amount, currency, state, paidAt, createdAt, refunded, method, receiptUrl, lines } = invoice;
  const planId = lines.find(({ kind }) => kind === 'plan')?.planId ?? '';
  const plan = plans?.find(({ id }) => id === planId)?.name[language] ?? planId;
  return (
    <li data-state={state}>
      <div>
        <strong>{formatPrice(amount, currency, language)}</strong>
        <p>
          {[formatDate(paidAt ?? createdAt, language), plan, method?.replaceAll(' ', '\u00a0')]
            .filter(Boolean)
            .join(' · ')}
        </p>
        {refunded > 0 && (
          <p>{t('subscription.refunded', { amount: formatPrice(refunded, currency, language) })}</p>
        )}
      </div>
      {receiptUrl ? (
        <a href={receiptUrl} target="_blank" rel="noreferrer" className={styles.receiptLink}>
          {t('subscription.receipt')}
        </a>
      ) : (
        <span className={styles.badge}>{t(`subscription.invoice.${state}`)}</span>
      )}
    </li>
  );
}
