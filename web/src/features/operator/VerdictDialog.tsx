import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDecideMutation, type Verdict } from '../../api/operator.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { DialogForm } from '../../ui/DialogForm.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import { say } from '../../ui/toasts.ts';

/** Asks for the reason, which stands in the audit for good. */
export function VerdictDialog({ asked, onClose }: { asked: Omit<Verdict, 'note'>; onClose: () => void }) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const [decide, { error, isLoading }] = useDecideMutation();
  const send = async () => {
    const { error: refused } = await decide({ ...asked, note });
    if (refused) return;
    say(t('operator.done'));
    onClose();
  };
  return (
    <Dialog title={t(`operator.${asked.act}Title`)} isOpen onClose={onClose}>
      <DialogForm
        action={t(`operator.${asked.act}`)}
        look={asked.act === 'takedown' ? 'danger' : 'primary'}
        isPending={isLoading}
        isReady={note.trim() !== ''}
        onSubmit={send}
        onClose={onClose}
        submitTestId="verdict-send"
      >
        <p>{t(`operator.${asked.act}Text`)}</p>
        {error && <ProblemNotice problem={error} />}
        <TextField
          label={t('operator.note')}
          hint={t('operator.noteHint')}
          value={note}
          onChange={setNote}
          maxLength={1000}
          isRequired
          autoFocus
          testId="verdict-note"
        />
      </DialogForm>
    </Dialog>
  );
}
