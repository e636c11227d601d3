import { useTranslation } from 'react-i18next';
import { useRefundsQuery } from '../../api/operator.ts';
import { formatMoment, formatPrice } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import styles from './Operator.module.css';

/** Charges that nobody owed. They are given back at the provider, and leave the list when that has told us. */
export function Refunds() {
  const { t, i18n } = useTranslation();
  const { data, error } = useRefundsQuery(undefined, { refetchOnMountOrArgChange: true });
  return (
    <section className={styles.section} aria-labelledby="refunds">
      <h2 id="refunds">{t('operator.refunds')}</h2>
      <p>{t('operator.refundsText')}</p>
      {error && <ProblemNotice problem={error} />}
      {data?.length === 0 && <p>{t('operator.noRefunds')}</p>}
      <ul className={sections.list}>
        {data?.map(({ chargeId, subscriptionId, userId, amount, currency, why, paidAt }) => (
          <li key={chargeId} className={styles.act} data-testid="refund">
            <strong>{formatPrice(amount, currency, i18n.language)}</strong>
            <span>{t(`operator.refundFor.${why}`)}</span>
            <span className={sections.byline}>
              {paidAt && <time dateTime={paidAt}>{formatMoment(paidAt, i18n.language)}</time>}
              <span>{t('operator.charge', { id: chargeId })}</span>
              <span>{t('operator.ofSubscription', { id: subscriptionId })}</span>
              <span>{userId ? t('operator.about', { id: userId }) : t('operator.goneAccount')}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
