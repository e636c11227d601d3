import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useOfferQuery } from '../../api/subscriptions.ts';
import { useTitle } from '../../app/useTitle.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { Notice, ProblemNotice } from '../../ui/Notice.tsx';
import { ChangePlan } from './ChangePlan.tsx';
import { PlanCard } from './PlanCard.tsx';
import styles from './Plans.module.css';
import { SubscribeForm } from './SubscribeForm.tsx';
import { useLiveSubscription } from './useLiveSubscription.ts';

export function PlansPage() {
  const { t } = useTranslation();
  useTitle(t('nav.plans'));
  const { data: offer, error, refetch } = useOfferQuery();
  const plans = offer?.items;
  const { live, isLoading } = useLiveSubscription();
  const [chosenId, setChosenId] = useState<string>();
  const chosen = plans?.find((plan) => plan.id === chosenId);
  if (error) {
    return <ProblemNotice problem={error} onRetry={refetch} />;
  }
  if (!plans || isLoading) return <Loading />;
  return (
    <>
      <header className={styles.head}>
        <h1>{t('plans.title')}</h1>
        <p>{t('plans.lead')}</p>
        {offer?.payments === 'none' && plans.some(({ price }) => price.amount > 0) && (
          <Notice testId="complimentary">{t('plans.complimentary')}</Notice>
        )}
      </header>
      <div className={styles.grid}>
        {plans.map((plan) => (
          <PlanCard key={plan.id} plan={plan} chosen={plan.id === (live?.planId ?? chosenId)}>
            {live?.planId === plan.id && (
              <LinkButton to="/app/subscription" look="quiet" icon="check">
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
      {chosen && !live && (
        <SubscribeForm key={chosen.id} plan={chosen} payments={offer?.payments ?? 'none'} />
      )}
    </>
  );
}
