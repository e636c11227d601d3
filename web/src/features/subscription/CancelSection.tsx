import type { Subscription } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCancelSubscriptionMutation } from '../../api/billing.ts';
import { usePlansQuery } from '../../api/subscriptions.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { formatDate } from '../../ui/format.ts';
import { say, warn } from '../../ui/toasts.ts';
import styles from './Subscription.module.css';

export function CancelSection({ subscription }: { subscription: Subscription }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const [asking, setAsking] = useState(false);
  const [cancel, { isLoading }] = useCancelSubscriptionMutation();
  const { data: plans } = usePlansQuery();
  const { id, planId, state, periodEnd, nextCharge } = subscription;
  const isPaid = plans?.some((plan) => plan.id === planId && plan.price.amount > 0) && nextCharge !== null;
  const waits = periodEnd !== null && isPaid && (state === 'active' || state === 'trialing');
  const confirm = async () => {
    const answer = await cancel(id);
    setAsking(false);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('subscription.canceledSaid'));
  };
  return (
    <section className={styles.cancel}>
      {state !== 'incomplete' && <p>{t('subscription.cancelText')}</p>}
      <Button look="plain" onPress={() => setAsking(true)} data-testid="cancel-subscription">
        {t('subscription.cancel')}
      </Button>
      <ConfirmDialog
        title={t('subscription.cancelTitle')}
        text={
          waits
            ? t('subscription.cancelAtEnd', { date: formatDate(periodEnd, language) })
            : t(state === 'incomplete' ? 'subscription.cancelUnpaid' : 'subscription.cancelNow')
        }
        action={t('subscription.cancelAction')}
        isOpen={asking}
        isPending={isLoading}
        onConfirm={confirm}
        onClose={() => setAsking(false)}
        testId="confirm-cancel"
      />
    </section>
  );
}
