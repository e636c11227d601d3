import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { AnyProblem } from '../../api/problem.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { TextField } from '../../ui/TextField.tsx';
import styles from './Dialogs.module.css';

interface NameDialogProps {
  readonly title: string;
  readonly name: string;
  /** Resolves to what was wrong with it. */
  readonly onName: (name: string) => Promise<AnyProblem | undefined>;
  readonly onClose: () => void;
}

/** Asks for the name of a folder. */
export function NameDialog({ title, name: before, onName, onClose }: NameDialogProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(before);
  const [problem, setProblem] = useState<AnyProblem>();
  const [isPending, setPending] = useState(false);
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    const wanted = name.trim();
    if (wanted === '' || wanted === before) return onClose();
    setPending(true);
    const wrong = await onName(wanted);
    setPending(false);
    setProblem(wrong);
    if (!wrong) onClose();
  };
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <Form className={styles.form!} onSubmit={save}>
        <TextField
          label={t('library.folderName')}
          autoFocus
          maxLength={120}
          value={name}
          onChange={setName}
          error={problem && problemText(t, problem)}
          testId="folder-name"
        />
        <DialogActions>
          <Button look="quiet" onPress={onClose}>
            {t('actions.cancel')}
          </Button>
          <Button type="submit" isPending={isPending} data-testid="folder-save">
            {t('actions.save')}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
