import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useUpdateMeMutation } from '../../api/identity.ts';
import { fieldReason } from '../../api/problem.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { TextField } from '../../ui/TextField.tsx';
import { say } from '../../ui/toasts.ts';
import styles from './Me.module.css';

export function NameForm({ name: saved }: { name: string }) {
  const { t } = useTranslation();
  const [name, setName] = useState(saved);
  const [updateMe, { error, isLoading }] = useUpdateMeMutation();
  const wanted = name.trim();
  const reason = error && (fieldReason(error, 'name') ?? problemText(t, error));
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    if (wanted === '' || wanted === saved) return;
    const answer = await updateMe({ name: wanted });
    if (!answer.error) say(t('me.nameSaved'));
  };
  return (
    <Form className={styles.name!} onSubmit={save} validationBehavior="aria">
      <TextField
        label={t('me.name')}
        name="name"
        autoComplete="name"
        maxLength={80}
        value={name}
        onChange={setName}
        error={wanted === '' ? t('auth.required') : reason}
        testId="me-name"
      />
      <Button type="submit" isPending={isLoading} isDisabled={wanted === saved} data-testid="me-name-save">
        {t('actions.save')}
      </Button>
    </Form>
  );
}
