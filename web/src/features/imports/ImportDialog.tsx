import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useImportVideoMutation } from '../../api/imports.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { DialogForm } from '../../ui/DialogForm.tsx';
import { TextField } from '../../ui/TextField.tsx';
import { say } from '../../ui/toasts.ts';
import styles from './Imports.module.css';

interface ImportDialogProps {
  readonly serverUrl: string;
  readonly onClose: () => void;
}

/** One address; the answer says whether a video comes from there. Then it arrives like an upload. */
export function ImportDialog({ serverUrl, onClose }: ImportDialogProps) {
  const { t } = useTranslation();
  const [url, setUrl] = useState('');
  const [begin, { error, isLoading }] = useImportVideoMutation();
  const submit = async () => {
    const { data } = await begin({ serverUrl, url: url.trim() });
    if (!data) return;
    say(t('imports.begun', { title: data.title }));
    onClose();
  };
  return (
    <Dialog title={t('imports.title')} isOpen onClose={onClose}>
      <DialogForm
        action={t('imports.submit')}
        validation="native"
        isPending={isLoading}
        onSubmit={submit}
        onClose={onClose}
        submitTestId="import-submit"
      >
        <p className={styles.lead}>{t('imports.lead')}</p>
        <TextField
          label={t('imports.label')}
          type="url"
          autoFocus
          isRequired
          maxLength={2000}
          value={url}
          onChange={setUrl}
          error={error && problemText(t, error)}
          testId="import-url"
        />
      </DialogForm>
    </Dialog>
  );
}
