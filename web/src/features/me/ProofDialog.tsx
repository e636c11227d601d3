import { type ReactNode, useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useSecurityQuery } from '../../api/account.ts';
import type { AnyProblem } from '../../api/problem.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { PasswordField } from '../../ui/TextField.tsx';
import styles from './Me.module.css';

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
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    props.onSubmit(security?.hasPassword ? { password } : {});
    setPassword('');
  };
  const isMissing = security?.hasPassword === true && password === '';
  return (
    <Dialog title={props.title} isOpen={props.isOpen} onClose={close}>
      <Form className={styles.form!} onSubmit={submit} validationBehavior="aria">
        {props.text && <p>{props.text}</p>}
        {props.children}
        {security?.hasPassword && (
          <PasswordField
            label={t('account.present')}
            showLabel={t('auth.showPassword')}
            hidePasswordLabel={t('auth.hidePassword')}
            autoComplete="current-password"
            value={password}
            onChange={setPassword}
            testId="proof-password"
          />
        )}
        {props.problem && <ProblemNotice problem={props.problem} />}
        <DialogActions>
          <Button look="quiet" onPress={close}>
            {t('actions.cancel')}
          </Button>
          <Button
            type="submit"
            isPending={props.isPending}
            isDisabled={isMissing || props.isReady === false}
            data-testid="proof-submit"
          >
            {props.action}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
