import type { Me } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  useChangeEmailMutation,
  useChangePasswordMutation,
  useSecurityQuery,
  useVerifyEmailMutation,
} from '../../api/account.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { NewPasswordField, TextField } from '../../ui/TextField.tsx';
import { say, warn } from '../../ui/toasts.ts';
import { isEmail, shortestPassword } from '../auth/fields.ts';
import styles from './Me.module.css';
import { ProofDialog } from './ProofDialog.tsx';

/** The e-mail address and the password: shown, confirmed, changed. */
export function CredentialForms({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { data: security } = useSecurityQuery();
  const [open, setOpen] = useState<'email' | 'password'>();
  const [verify, { isLoading }] = useVerifyEmailMutation();
  const ask = async () => {
    const answer = await verify();
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('account.letterSent'));
  };
  const close = () => setOpen(undefined);
  return (
    <div className={styles.rows}>
      <div className={styles.row}>
        <div>
          <strong>{t('me.email')}</strong>
          <small data-testid="me-email">{me.email ?? t('account.noEmail')}</small>
          {me.email && <small>{t(me.isEmailVerified ? 'account.confirmed' : 'account.unconfirmed')}</small>}
        </div>
        <div className={styles.actions}>
          {me.email && !me.isEmailVerified && (
            <Button look="plain" onPress={ask} isPending={isLoading} data-testid="verify-email">
              {t('account.confirm')}
            </Button>
          )}
          <Button look="quiet" onPress={() => setOpen('email')} data-testid="change-email">
            {t('account.change')}
          </Button>
        </div>
      </div>
      {me.email && (
        <div className={styles.row}>
          <div>
            <strong>{t('auth.password')}</strong>
            <small>{t(security?.hasPassword ? 'account.hasPassword' : 'account.noPassword')}</small>
          </div>
          <Button look="quiet" onPress={() => setOpen('password')} data-testid="change-password">
            {t(security?.hasPassword ? 'account.change' : 'account.set')}
          </Button>
        </div>
      )}
      <EmailDialog isOpen={open === 'email'} onClose={close} />
      <PasswordDialog isOpen={open === 'password'} onClose={close} />
    </div>
  );
}

interface FormDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

function EmailDialog({ isOpen, onClose }: FormDialogProps) {
  const { t } = useTranslation();
  const [email, setEmail] = useState('');
  const [change, { error, isLoading }] = useChangeEmailMutation();
  const submit = async (proof: { password?: string }) => {
    const answer = await change({ email: email.trim(), ...proof });
    if (answer.error) return;
    say(t('account.letterSent'));
    setEmail('');
    onClose();
  };
  return (
    <ProofDialog
      title={t('account.emailTitle')}
      text={t('account.emailText')}
      action={t('account.change')}
      isOpen={isOpen}
      isPending={isLoading}
      problem={error}
      isReady={isEmail(email)}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={t('account.newEmail')}
        type="email"
        autoComplete="email"
        value={email}
        onChange={setEmail}
        testId="new-email"
      />
    </ProofDialog>
  );
}

function PasswordDialog({ isOpen, onClose }: FormDialogProps) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [change, { error, isLoading }] = useChangePasswordMutation();
  const submit = async ({ password: current }: { password?: string }) => {
    const answer = await change(current === undefined ? { password } : { current, password });
    if (answer.error) return;
    say(t('account.passwordChanged'));
    setPassword('');
    onClose();
  };
  return (
    <ProofDialog
      title={t('account.passwordTitle')}
      text={t('account.passwordText')}
      action={t('actions.save')}
      isOpen={isOpen}
      isPending={isLoading}
      problem={error}
      isReady={[...password].length >= shortestPassword}
      onSubmit={submit}
      onClose={onClose}
    >
      <NewPasswordField
        label={t('reset.password')}
        value={password}
        onChange={setPassword}
        testId="new-password"
      />
    </ProofDialog>
  );
}
