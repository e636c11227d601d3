import type { NewWebhook, Webhook } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  useDeleteWebhookMutation,
  useRenewSecretMutation,
  useTestWebhookMutation,
  useUpdateWebhookMutation,
} from '../../api/webhooks.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import sections from '../../ui/Sections.module.css';
import { say, warn } from '../../ui/toasts.ts';
import { DeliveryLog } from './DeliveryLog.tsx';
import { eventKey } from './eventKey.ts';
import own from './Webhooks.module.css';

interface WebhookCardProps {
  readonly webhook: Webhook;
  readonly onSecret: (webhook: NewWebhook) => void;
}

export function WebhookCard({ webhook, onSecret }: WebhookCardProps) {
  const { t } = useTranslation();
  const { id, url, events, description, isEnabled, disabledBecause } = webhook;
  return (
    <section className={sections.card} data-testid="webhook">
      <div>
        <h2 className={own.url}>{url}</h2>
        {description && <p>{description}</p>}
        <p className={sections.byline}>
          <strong>{t(isEnabled ? 'webhooks.on' : 'webhooks.off')}</strong>
          <span>{events.map((event) => t(`webhooks.event.${eventKey(event)}`)).join(', ')}</span>
        </p>
        {disabledBecause && <p role="status">{t(`webhooks.${disabledBecause}`)}</p>}
      </div>
      <Actions webhook={webhook} onSecret={onSecret} />
      <DeliveryLog webhookId={id} />
    </section>
  );
}

function Actions({ webhook: { id, isEnabled }, onSecret }: WebhookCardProps) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const [update, updating] = useUpdateWebhookMutation();
  const [test, testing] = useTestWebhookMutation();
  const [renew, renewing] = useRenewSecretMutation();
  const [remove, removing] = useDeleteWebhookMutation();
  const sendTest = async () => {
    const answer = await test(id);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('webhooks.tested'));
  };
  const renewSecret = async () => {
    const answer = await renew(id);
    if (answer.error) warn(problemText(t, answer.error));
    else onSecret(answer.data);
  };
  const toggle = async () => {
    const answer = await update({ id, isEnabled: !isEnabled });
    if (answer.error) warn(problemText(t, answer.error));
  };
  const confirm = async () => {
    const answer = await remove(id);
    setAsking(false);
    if (answer.error) warn(problemText(t, answer.error));
  };
  return (
    <div className={own.actions}>
      <Button look="quiet" isPending={testing.isLoading} onPress={sendTest} data-testid="test-webhook">
        {t('webhooks.test')}
      </Button>
      <Button look="quiet" isPending={updating.isLoading} onPress={toggle}>
        {t(isEnabled ? 'webhooks.switchOff' : 'webhooks.switchOn')}
      </Button>
      <Button look="quiet" isPending={renewing.isLoading} onPress={renewSecret}>
        {t('webhooks.renew')}
      </Button>
      <Button look="danger" onPress={() => setAsking(true)} data-testid="remove-webhook">
        {t('webhooks.remove')}
      </Button>
      <ConfirmDialog
        title={t('webhooks.removeTitle')}
        text={t('webhooks.removeText')}
        action={t('webhooks.remove')}
        isOpen={isAsking}
        isPending={removing.isLoading}
        onConfirm={confirm}
        onClose={() => setAsking(false)}
        testId="confirm-remove-webhook"
      />
    </div>
  );
}
