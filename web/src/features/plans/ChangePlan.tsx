import type { Plan, Subscription } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChangePlanMutation } from '../../api/subscriptions.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { say, warn } from '../../ui/toasts.ts';

/** Moves a live subscription to another plan, after asking: the server starts anew with its limits. */
export function ChangePlan({ live, plan }: { live: Subscription; plan: Plan }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const [asking, setAsking] = useState(false);
  const [changePlan, { isLoading }] = useChangePlanMutation();
  const name = plan.name[language];
  const confirm = async () => {
    const answer = await changePlan({ id: live.id, planId: plan.id });
    setAsking(false);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('plans.changed', { plan: name }));
  };
  return (
    <>
      <Button look="quiet" onPress={() => setAsking(true)} data-testid={`change-${plan.id}`}>
        {t('plans.change')}
      </Button>
      <ConfirmDialog
        title={t('plans.changeTitle', { plan: name })}
        text={t('plans.changeText')}
        action={t('plans.change')}
        isOpen={asking}
        isPending={isLoading}
        onConfirm={confirm}
        onClose={() => setAsking(false)}
        testId="confirm-change"
      />
    </>
  );
}
