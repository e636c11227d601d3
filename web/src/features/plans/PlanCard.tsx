import type { Plan } from '@ptsdly/contract';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { cx } from '../../ui/cx.ts';
import { formatBytes, formatPrice } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import styles from './Plans.module.css';

interface PlanCardProps {
  readonly plan: Plan;
  readonly chosen?: boolean;
  /** Where the cards have a heading of their own above them. */
  readonly isBelowHeading?: boolean;
  readonly children?: ReactNode;
}

export function PlanCard({ plan, chosen, isBelowHeading, children }: PlanCardProps) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { amount, currency, interval } = plan.price;
  const Heading = isBelowHeading ? 'h3' : 'h2';
  const lines = [
    t('plans.storage', { size: formatBytes(plan.storageBytes, language) }),
    t('plans.transfer', { size: formatBytes(plan.transferBytes, language) }),
    t('plans.viewers', { count: plan.concurrentViewers }),
    t('plans.conversions', { count: plan.transcodeShare }),
  ];
  return (
    <article className={cx(styles.card, chosen && styles.chosen)} data-testid={`plan-${plan.id}`}>
      <Heading className={styles.name}>{plan.name[language]}</Heading>
      <p className={styles.price}>
        {amount === 0 ? (
          <strong>{t('plans.free')}</strong>
        ) : (
          <>
            <strong>{formatPrice(amount, currency, language)}</strong>
            <span>{t(interval === 'month' ? 'plans.perMonth' : 'plans.perYear')}</span>
          </>
        )}
      </p>
      {plan.trialDays > 0 && amount > 0 && (
        <p className={styles.trial}>{t('plans.trial', { count: plan.trialDays })}</p>
      )}
      <ul className={styles.lines}>
        {lines.map((line) => (
          <li key={line}>
            <Icon name="check" size={18} />
            {line}
          </li>
        ))}
      </ul>
      {children}
    </article>
  );
}
