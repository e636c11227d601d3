import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnyProblem } from '../../api/problem.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { DialogForm } from '../../ui/DialogForm.tsx';
import { TextField } from '../../ui/TextField.tsx';

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
  const save = async () => {
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
      <DialogForm
        action={t('actions.save')}
        isPending={isPending}
        onSubmit={save}
        onClose={onClose}
        submitTestId="folder-save"
      >
        <TextField
          label={t('library.folderName')}
          autoFocus
          maxLength={120}
          value={name}
          onChange={setName}
          error={problem && problemText(t, problem)}
          testId="folder-name"
        />
      </DialogForm>
    </Dialog>
  );
}
