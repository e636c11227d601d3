import type { Plan, Subscription } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChangePlanMutation, usePreviewQuery } from '../../api/billing.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { formatDate } from '../../ui/format.ts';
import { Loading } from '../../ui/Loading.tsx';
import { Notice, ProblemNotice } from '../../ui/Notice.tsx';
import { say } from '../../ui/toasts.ts';
import { PreviewLines } from './PreviewLines.tsx';

/** Moves a live subscription to another plan, once it is seen what that costs and when it comes. */
export function ChangePlan({ live, plan }: { live: Subscription; plan: Plan }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const [asking, setAsking] = useState(false);
  const name = plan.name[language];
  const close = () => setAsking(false);
  return (
    <>
      <Button look="quiet" onPress={() => setAsking(true)} data-testid={`change-${plan.id}`}>
        {live.nextPlanId === plan.id && live.periodEnd
          ? t('plans.planned', { date: formatDate(live.periodEnd, language) })
          : t('plans.change')}
      </Button>
      <Dialog title={t('plans.changeTitle', { plan: name })} isOpen={asking} onClose={close}>
        <Change live={live} plan={plan} onClose={close} />
      </Dialog>
    </>
  );
}

function Change({ live, plan, onClose }: { live: Subscription; plan: Plan; onClose: () => void }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const ids = { id: live.id, planId: plan.id };
  const { data: preview, error, refetch } = usePreviewQuery(ids);
  const [changePlan, { error: refusal, isLoading }] = useChangePlanMutation();
  if (error) return <ProblemNotice problem={error} />;
  if (!preview) return <Loading />;
  const isLater = preview.effective === 'period_end';
  const date = formatDate(live.periodEnd ?? preview.at, language);
  const confirm = async () => {
    const answer = await changePlan({ ...ids, previewedAt: preview.at });
    if (answer.error) return void refetch();
    onClose();
    say(t(isLater ? 'plans.changedLater' : 'plans.changed', { plan: plan.name[language], date }));
  };
  return (
    <>
      <p>{t(isLater ? 'plans.changeLater' : 'plans.changeText', { date })}</p>
      <PreviewLines preview={preview} />
      {!preview.fits && (
        <Notice icon="alert" testId="does-not-fit">
          {t('plans.tooSmall')}
        </Notice>
      )}
      {refusal && (
        <ProblemNotice problem={refusal}>
          <LinkButton to="/app/subscription" look="quiet">
            {t('subscription.method')}
          </LinkButton>
        </ProblemNotice>
      )}
      <DialogActions>
        <Button look="quiet" onPress={onClose}>
          {t('actions.cancel')}
        </Button>
        <Button
          isDisabled={!preview.fits}
          isPending={isLoading}
          onPress={confirm}
          data-testid="confirm-change"
        >
          {t('plans.change')}
        </Button>
      </DialogActions>
    </>
  );
}
