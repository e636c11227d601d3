import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSecurityQuery } from '../../api/account.ts';
import type { AnyProblem } from '../../api/problem.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { DialogForm } from '../../ui/DialogForm.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { PasswordField } from '../../ui/TextField.tsx';

interface ProofDialogProps {
  readonly title: string;
  readonly text?: string;
  readonly action: string;
  readonly isOpen: boolean;
  readonly isPending: boolean;
  readonly problem: AnyProblem | undefined;
  readonly isReady?: boolean;
  readonly onSubmit: (proof: { password?: string }) => void;
  readonly onClose: () => void;
  /** Fields above the password. */
  readonly children?: ReactNode;
}

/** Asks for the password once more, of an account that has one, before its ways in change. */
export function ProofDialog(props: ProofDialogProps) {
  const { t } = useTranslation();
  const { data: security } = useSecurityQuery();
  const [password, setPassword] = useState('');
  const close = () => {
    setPassword('');
    props.onClose();
  };
  const submit = () => {
    props.onSubmit(security?.hasPassword ? { password } : {});
    setPassword('');
  };
  const isMissing = security?.hasPassword === true && password === '';
  return (
    <Dialog title={props.title} isOpen={props.isOpen} onClose={close}>
      <DialogForm
        action={props.action}
        isPending={props.isPending}
        isReady={!isMissing && props.isReady !== false}
        onSubmit={submit}
        onClose={close}
        submitTestId="proof-submit"
      >
        {props.text && <p>{props.text}</p>}
        {props.children}
        {security?.hasPassword && (
          <PasswordField
            label={t('account.present')}
            autoComplete="current-password"
            value={password}
            onChange={setPassword}
            testId="proof-password"
          />
        )}
        {props.problem && <ProblemNotice problem={props.problem} />}
      </DialogForm>
    </Dialog>
  );
}
