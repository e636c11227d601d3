import type { NewWebhook } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useWebhooksQuery } from '../../api/webhooks.ts';
import { useTitle } from '../../app/useTitle.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import { say, warn } from '../../ui/toasts.ts';
import styles from '../links/Links.module.css';
import { copyText } from '../sharing/copy.ts';
import { NewWebhookDialog } from './NewWebhookDialog.tsx';
import { WebhookCard } from './WebhookCard.tsx';
import own from './Webhooks.module.css';

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
    <div className={styles.narrow}>
      <header className={styles.head}>
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
      <Secret webhook={fresh} onClose={() => setFresh(undefined)} />
    </div>
  );
}

function Secret({ webhook, onClose }: { webhook: NewWebhook | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const copy = async () => {
    if (await copyText(webhook?.secret ?? '')) say(t('actions.copied'));
    else warn(t('actions.copyFailed'));
  };
  return (
    <Dialog title={t('webhooks.secretTitle')} isOpen={webhook !== undefined} onClose={onClose}>
      <p>{t('webhooks.secretText')}</p>
      <output className={own.secret} data-testid="webhook-secret">
        {webhook?.secret}
      </output>
      <Button icon="copy" onPress={copy}>
        {t('webhooks.copySecret')}
      </Button>
    </Dialog>
  );
}
