import type { WebhookDelivery } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useDeliveriesQuery, useRedeliverMutation } from '../../api/webhooks.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { IconButton } from '../../ui/Button.tsx';
import { cx } from '../../ui/cx.ts';
import { formatMoment } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { warn } from '../../ui/toasts.ts';
import { eventKey } from './eventKey.ts';
import styles from './Webhooks.module.css';

const LOOK_MS = 5000;

/** What was sent and what came of it; looked at again while it is on the screen. */
export function DeliveryLog({ webhookId }: { webhookId: string }) {
  const { t } = useTranslation();
  const { data, error } = useDeliveriesQuery(webhookId, {
    pollingInterval: LOOK_MS,
    skipPollingIfUnfocused: true,
    refetchOnMountOrArgChange: true,
  });
  return (
    <section>
      <h3>{t('webhooks.log')}</h3>
      {error && <ProblemNotice problem={error} />}
      {data?.length === 0 && <p className={styles.detail}>{t('webhooks.nothingSent')}</p>}
      <ul className={styles.log}>
        {data?.map((delivery) => (
          <DeliveryRow key={delivery.id} webhookId={webhookId} delivery={delivery} />
        ))}
      </ul>
    </section>
  );
}

function DeliveryRow({ webhookId, delivery }: { webhookId: string; delivery: WebhookDelivery }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const [redeliver, { isLoading }] = useRedeliverMutation();
  const again = async () => {
    const answer = await redeliver({ id: webhookId, deliveryId: delivery.id });
    if (answer.error) warn(problemText(t, answer.error));
  };
  const { event, state, createdAt, nextAt, attempts } = delivery;
  const last = attempts.at(-1);
  const words = [formatMoment(createdAt, language)];
  if (last?.failure) words.push(t(`webhooks.failure.${last.failure}`, { status: last.status }));
  if (state === 'pending' && nextAt && last) {
    words.push(t('webhooks.nextAt', { date: formatMoment(nextAt, language) }));
  }
  return (
    <li data-testid="delivery" data-state={state}>
      <div>
        <strong>{t(`webhooks.event.${eventKey(event)}`)}</strong>{' '}
        <span className={cx(styles.state, styles[state])}>{t(`webhooks.state.${state}`)}</span>
        <p className={styles.detail}>{words.join(' · ')}</p>
      </div>
      {state !== 'pending' && (
        <IconButton icon="retry" label={t('webhooks.again')} onPress={again} isPending={isLoading} />
      )}
    </li>
  );
}
