import { type NewWebhook, type WebhookEvent, webhookEvents } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateWebhookMutation } from '../../api/webhooks.ts';
import { Checkboxes } from '../../ui/Checkboxes.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { DialogForm } from '../../ui/DialogForm.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import { eventKey } from './eventKey.ts';

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
        <Checkboxes
          label={t('webhooks.events')}
          options={webhookEvents.map((value) => ({ value, label: t(`webhooks.event.${eventKey(value)}`) }))}
          chosen={events}
          onChange={setEvents}
          error={events.length === 0 ? t('webhooks.needEvent') : undefined}
          testId="webhook-event"
        />
        {error && <ProblemNotice problem={error} />}
      </DialogForm>
    </Dialog>
  );
}
