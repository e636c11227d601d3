import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePlansQuery, useSubscriptionsQuery } from '../../api/subscriptions.ts';
import { useTitle } from '../../app/useTitle.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { ChangePlan } from './ChangePlan.tsx';
import { PlanCard } from './PlanCard.tsx';
import styles from './Plans.module.css';
import { SubscribeForm } from './SubscribeForm.tsx';

/** The subscription that still counts, if any: there is at most one. */
export function useLiveSubscription() {
  const { data, ...rest } = useSubscriptionsQuery();
  return { ...rest, live: data?.find((one) => one.state !== 'ended' && one.state !== 'canceled') };
}

export function PlansPage() {
  const { t } = useTranslation();
  useTitle(t('nav.plans'));
  const { data: plans, error } = usePlansQuery();
  const { live, isLoading } = useLiveSubscription();
  const [chosenId, setChosenId] = useState<string>();
  const chosen = plans?.find((plan) => plan.id === chosenId);
  if (error) return <ProblemNotice problem={error} />;
  if (!plans || isLoading) return <Loading />;
  return (
    <>
      <header className={styles.head}>
        <h1>{t('plans.title')}</h1>
        <p>{t('plans.lead')}</p>
      </header>
      <div className={styles.grid}>
        {plans.map((plan) => (
          <PlanCard key={plan.id} plan={plan} chosen={plan.id === (live?.planId ?? chosenId)}>
            {live?.planId === plan.id && (
              <LinkButton to="/app/server" look="quiet" icon="check">
                {t('plans.current')}
              </LinkButton>
            )}
            {live && live.planId !== plan.id && <ChangePlan live={live} plan={plan} />}
            {!live && (
              <Button
                look={plan.id === chosenId ? 'primary' : 'quiet'}
                icon={plan.id === chosenId ? 'check' : undefined}
                aria-pressed={plan.id === chosenId}
                onPress={() => setChosenId(plan.id)}
                data-testid={`choose-${plan.id}`}
              >
                {t(plan.id === chosenId ? 'plans.chosen' : 'plans.choose')}
              </Button>
            )}
          </PlanCard>
        ))}
      </div>
      {chosen && !live && <SubscribeForm key={chosen.id} plan={chosen} />}
    </>
  );
}
