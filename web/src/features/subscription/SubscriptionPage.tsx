import type { Subscription } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useOfferQuery, useSubscriptionsQuery } from '../../api/subscriptions.ts';
import { useTitle } from '../../app/useTitle.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { EmptyState, Notice, ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { Timeline } from '../server/Timeline.tsx';
import { CancelSection } from './CancelSection.tsx';
import { MethodSection } from './MethodSection.tsx';
import { PlanSection } from './PlanSection.tsx';
import { ReceiptSection } from './ReceiptSection.tsx';
import { StatusNotice } from './StatusNotice.tsx';
import { UsageSection } from './UsageSection.tsx';
import { useReturn } from './useReturn.ts';

/** While the payment company has not said yet, asking again gets there. */
const askEvery = 2000;

export function Component() {
  const { t } = useTranslation();
  useTitle(t('subscription.title'));
  const offered = useOfferQuery();
  const offer = offered.data;
  const { data, error, refetch } = useSubscriptionsQuery();
  const isPending = data?.some(({ payment }) => payment === 'pending') ?? false;
  useSubscriptionsQuery(undefined, { pollingInterval: isPending ? askEvery : 0 });
  const shown = data?.find(({ state }) => state !== 'ended') ?? null;
  const back = useReturn(shown);
  if (error && !data) return <ProblemNotice problem={error} onRetry={refetch} />;
  if (offered.error && !offer) return <ProblemNotice problem={offered.error} onRetry={offered.refetch} />;
  if (!data || !offer || back.isChecking) return <Loading />;
  if (!shown) {
    return (
      <EmptyState isPage icon="leaf" title={t('subscription.none')} text={t('subscription.noneText')}>
        <LinkButton to="/app/plans">{t('nav.plans')}</LinkButton>
      </EmptyState>
    );
  }
  const isCharged = offer.payments !== 'none';
  return (
    <div className={sections.page} data-testid="subscription" data-state={shown.state}>
      <h1>{t('subscription.title')}</h1>
      {back.error && <ProblemNotice problem={back.error} />}
      {back.wasCanceled && <Notice testId="method-canceled">{t('subscription.methodCanceled')}</Notice>}
      <StatusNotice subscription={shown} />
      <PlanSection subscription={shown} />
      {isCharged && needsMethod(shown) && <MethodSection subscription={shown} ways={offer.ways} />}
      {shown.state !== 'incomplete' && <UsageSection serverId={shown.server.id} />}
      {shown.state !== 'incomplete' && <Timeline serverId={shown.server.id} />}
      {isCharged && <ReceiptSection subscriptionId={shown.id} />}
      {shown.state !== 'canceled' && shown.endsAt === null && <CancelSection subscription={shown} />}
    </div>
  );
}

/** A free plan needs no method, but one that was given can be changed. */
const needsMethod = ({ method, payment, nextCharge, state }: Subscription) =>
  method !== null || payment === 'method_needed' || nextCharge !== null || state === 'canceled';
