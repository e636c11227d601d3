import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDecideMutation, type Verdict } from '../../api/operator.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import { say } from '../../ui/toasts.ts';
import styles from './Operator.module.css';

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
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
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
        <DialogActions>
          <Button look="quiet" onPress={onClose}>
            {t('actions.cancel')}
          </Button>
          <Button
            type="submit"
            look={asked.act === 'takedown' ? 'danger' : 'primary'}
            isPending={isLoading}
            isDisabled={note.trim() === ''}
            data-testid="verdict-send"
          >
            {t(`operator.${asked.act}`)}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
