import type { NewWebhook } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useWebhooksQuery } from '../../api/webhooks.ts';
import { useTitle } from '../../app/useTitle.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { Secret } from '../me/Secret.tsx';
import { NewWebhookDialog } from './NewWebhookDialog.tsx';
import { WebhookCard } from './WebhookCard.tsx';

/** Where the events of my links are sent. */
export function Component() {
  const { t } = useTranslation();
  useTitle(t('webhooks.title'));
  const { data: webhooks, error } = useWebhooksQuery();
  const [isMaking, setMaking] = useState(false);
  const [fresh, setFresh] = useState<NewWebhook>();
  const made = (webhook: NewWebhook) => {
    setMaking(false);
    setFresh(webhook);
  };
  return (
    <div className={sections.page}>
      <header className={sections.head}>
        <h1>{t('webhooks.title')}</h1>
        <Button onPress={() => setMaking(true)} data-testid="new-webhook">
          {t('webhooks.new')}
        </Button>
      </header>
      <p>
        {t('webhooks.lead')} {t('webhooks.how')}
      </p>
      {error && <ProblemNotice problem={error} />}
      {webhooks?.length === 0 && <EmptyState icon="external" title={t('webhooks.none')} />}
      {webhooks?.map((webhook) => (
        <WebhookCard key={webhook.id} webhook={webhook} onSecret={setFresh} />
      ))}
      {isMaking && <NewWebhookDialog onMade={made} onClose={() => setMaking(false)} />}
      <SecretDialog webhook={fresh} onClose={() => setFresh(undefined)} />
    </div>
  );
}

function SecretDialog({ webhook, onClose }: { webhook: NewWebhook | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t('webhooks.secretTitle')} isOpen={webhook !== undefined} onClose={onClose}>
      <p>{t('webhooks.secretText')}</p>
      {webhook && <Secret value={webhook.secret} testId="webhook-secret" />}
      <DialogActions>
        <Button onPress={onClose}>{t('tokens.kept')}</Button>
      </DialogActions>
    </Dialog>
  );
}
