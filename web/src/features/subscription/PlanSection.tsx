import type { Subscription } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useResumeSubscriptionMutation } from '../../api/billing.ts';
import { usePlansQuery } from '../../api/subscriptions.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { formatDate, formatPrice } from '../../ui/format.ts';
import sections from '../../ui/Sections.module.css';
import { say, warn } from '../../ui/toasts.ts';
import styles from './Subscription.module.css';

/** Which plan, until when, and what comes next. */
export function PlanSection({ subscription }: { subscription: Subscription }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { data: plans } = usePlansQuery();
  const planOf = (id: string) => plans?.find((plan) => plan.id === id);
  const nameOf = (id: string) => planOf(id)?.name[language] ?? id;
  const { planId, state, periodStart, periodEnd, nextCharge } = subscription;
  const price = planOf(planId)?.price;
  const canChange = state === 'active' || state === 'trialing' || state === 'incomplete';
  return (
    <section className={sections.card}>
      <header className={sections.head}>
        <div>
          <h2>{nameOf(planId)}</h2>
          <p className={styles.state} data-state={state}>
            {t(`subscription.state.${state}`)}
          </p>
          {state === 'incomplete' && price && (
            <p className={styles.price}>
              <strong>{formatPrice(price.amount, price.currency, language)}</strong>{' '}
              {t(price.interval === 'month' ? 'plans.perMonth' : 'plans.perYear')}
            </p>
          )}
        </div>
        {canChange && (
          <LinkButton to="/app/plans" look="quiet" data-testid="to-plans">
            {t('subscription.changePlan')}
          </LinkButton>
        )}
      </header>
      {state !== 'canceled' && state !== 'unpaid' && periodStart && periodEnd && (
        <dl className={sections.facts}>
          <div>
            <dt>{t('subscription.period')}</dt>
            <dd>
              {formatDate(periodStart, language)} ~ {formatDate(periodEnd, language)}
            </dd>
          </div>
          <div>
            <dt>{t('subscription.nextCharge')}</dt>
            <dd data-testid="next-charge">
              {nextCharge
                ? `${formatDate(nextCharge.at, language)} · ${formatPrice(nextCharge.amount, nextCharge.currency, language)}`
                : t('subscription.noCharge')}
            </dd>
          </div>
        </dl>
      )}
      <Planned subscription={subscription} nameOf={nameOf} />
    </section>
  );
}

/** A cancellation or change that waits for the end of the period, and how to take it back. */
function Planned({ subscription, nameOf }: { subscription: Subscription; nameOf: (id: string) => string }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const [takeBack, { isLoading }] = useResumeSubscriptionMutation();
  const { id, state, endsAt, nextPlanId, periodEnd, trialEndsAt } = subscription;
  const date = formatDate(endsAt ?? periodEnd ?? subscription.createdAt, language);
  const press = async () => {
    const answer = await takeBack(id);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('subscription.resumedSaid'));
  };
  if (endsAt === null && nextPlanId === null) {
    if (state !== 'trialing' || !trialEndsAt) return null;
    return (
      <p className={styles.note}>
        {t('subscription.trialEnds', { date: formatDate(trialEndsAt, language) })}
      </p>
    );
  }
  return (
    <div className={styles.planned} data-testid="planned">
      <p>
        {endsAt
          ? t('subscription.endsAt', { date })
          : t('subscription.plannedChange', { date, plan: nameOf(nextPlanId ?? '') })}
      </p>
      <Button look="quiet" isPending={isLoading} onPress={press} data-testid="take-back">
        {t('subscription.takeBack')}
      </Button>
    </div>
  );
}
