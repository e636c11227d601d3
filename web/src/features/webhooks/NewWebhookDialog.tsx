import { type NewWebhook, type WebhookEvent, webhookEvents } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateWebhookMutation } from '../../api/webhooks.ts';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { DialogForm } from '../../ui/DialogForm.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import { eventKey } from './eventKey.ts';
import styles from './Webhooks.module.css';

interface NewWebhookDialogProps {
  readonly onMade: (webhook: NewWebhook) => void;
  readonly onClose: () => void;
}

export function NewWebhookDialog({ onMade, onClose }: NewWebhookDialogProps) {
  const { t } = useTranslation();
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [events, setEvents] = useState<readonly WebhookEvent[]>(webhookEvents);
  const [create, { error, isLoading }] = useCreateWebhookMutation();
  const toggle = (event: WebhookEvent, isChosen: boolean) =>
    setEvents(webhookEvents.filter((one) => (one === event ? isChosen : events.includes(one))));
  const add = async () => {
    if (events.length === 0) return;
    const answer = await create({
      url: url.trim(),
      events: [...events],
      description: description.trim() || null,
    });
    if (!answer.error) onMade(answer.data);
  };
  return (
    <Dialog title={t('webhooks.new')} isOpen onClose={onClose}>
      <DialogForm
        action={t('webhooks.add')}
        validation="native"
        isPending={isLoading}
        onSubmit={add}
        onClose={onClose}
        submitTestId="add-webhook"
      >
        <TextField
          label={t('webhooks.url')}
          hint={t('webhooks.urlHint')}
          type="url"
          isRequired
          maxLength={500}
          value={url}
          onChange={setUrl}
          testId="webhook-url"
        />
        <TextField
          label={t('webhooks.description')}
          maxLength={120}
          value={description}
          onChange={setDescription}
        />
        <fieldset className={styles.events}>
          <legend>{t('webhooks.events')}</legend>
          {webhookEvents.map((event) => (
            <Checkbox
              key={event}
              isSelected={events.includes(event)}
              onChange={(isChosen) => toggle(event, isChosen)}
            >
              {t(`webhooks.event.${eventKey(event)}`)}
            </Checkbox>
          ))}
          {events.length === 0 && <p role="alert">{t('webhooks.needEvent')}</p>}
        </fieldset>
        {error && <ProblemNotice problem={error} />}
      </DialogForm>
    </Dialog>
  );
}
