import type { Subscription } from '@ptsdly/contract';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import {
  useOpenForExportMutation,
  usePayNowMutation,
  useResumeSubscriptionMutation,
} from '../../api/billing.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { cx } from '../../ui/cx.ts';
import { formatDate, formatMoment } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { say, warn } from '../../ui/toasts.ts';
import styles from './Subscription.module.css';

/** What is the matter, and what one can do about it; nothing while all is well. */
export function StatusNotice({ subscription }: { subscription: Subscription }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { state, payment, declineCode, retryAt, suspendedFor, exportUntil, purgeAt } = subscription;
  const reason = t(`subscription.decline.${declineCode ?? 'declined'}`);
  if (suspendedFor !== null)
    return <Status bad>{t('subscription.suspended', { reason: suspendedFor })}</Status>;
  if (payment === 'pending') return <Status testId="payment-pending">{t('subscription.pending')}</Status>;
  if (state === 'incomplete') {
    return (
      <Status bad={declineCode !== null}>
        {declineCode ? t('subscription.declinedFirst', { reason }) : t('subscription.incomplete')}
        {declineCode && <Pay subscription={subscription} />}
      </Status>
    );
  }
  if (state === 'past_due') {
    return (
      <Status bad>
        {t('subscription.pastDue', { reason })}{' '}
        {retryAt && t('subscription.retryAt', { date: formatDate(retryAt, language) })}
        <Pay subscription={subscription} />
      </Status>
    );
  }
  if (state !== 'unpaid' && state !== 'canceled') return null;
  return (
    <Status bad>
      {state === 'unpaid'
        ? t('subscription.unpaid')
        : t('subscription.canceled', { date: formatDate(purgeAt ?? '', language) })}
      {exportUntil && <p>{t('subscription.exportOpen', { date: formatMoment(exportUntil, language) })}</p>}
      <div className={styles.actions}>
        {state === 'unpaid' ? <Pay subscription={subscription} /> : <Resume subscription={subscription} />}
        {exportUntil ? (
          <LinkButton to="/app/server" look="quiet">
            {t('subscription.toServer')}
          </LinkButton>
        ) : (
          <Export subscription={subscription} />
        )}
      </div>
    </Status>
  );
}

function Status({ bad, testId, children }: { bad?: boolean; testId?: string; children: ReactNode }) {
  return (
    <div role="status" className={cx(styles.status, bad && styles.bad)} data-testid={testId ?? 'status'}>
      <Icon name={bad ? 'alert' : 'info'} />
      <div>{children}</div>
    </div>
  );
}

interface Of {
  readonly subscription: Subscription;
}

function Pay({ subscription }: Of) {
  const { t } = useTranslation();
  const [pay, { isLoading }] = usePayNowMutation();
  if (subscription.method === null) return null;
  const press = async () => {
    const answer = await pay(subscription.id);
    if (answer.error) warn(problemText(t, answer.error));
    else if (answer.data.payment === 'settled') say(t('subscription.paidSaid'));
    else if (answer.data.payment === 'declined') {
      warn(t(`subscription.decline.${answer.data.declineCode ?? 'declined'}`));
    }
  };
  return (
    <Button isPending={isLoading} onPress={press} data-testid="pay">
      {t('subscription.pay')}
    </Button>
  );
}

function Resume({ subscription }: Of) {
  const { t } = useTranslation();
  const [resume, { isLoading }] = useResumeSubscriptionMutation();
  const press = async () => {
    const answer = await resume(subscription.id);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('subscription.resumedSaid'));
  };
  return (
    <Button isPending={isLoading} onPress={press} data-testid="resume">
      {t('subscription.resume')}
    </Button>
  );
}

function Export({ subscription }: Of) {
  const { t } = useTranslation();
  const [open, { isLoading }] = useOpenForExportMutation();
  const press = async () => {
    const answer = await open(subscription.id);
    if (answer.error) warn(problemText(t, answer.error));
  };
  return (
    <Button look="quiet" isPending={isLoading} onPress={press} data-testid="export">
      {t('subscription.export')}
    </Button>
  );
}
