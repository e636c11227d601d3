import type { Me } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDeleteMeMutation } from '../../api/identity.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { DialogForm } from '../../ui/DialogForm.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { PasswordField } from '../../ui/TextField.tsx';
import styles from './Me.module.css';
import { providerNames } from './providers.ts';

export function DeleteAccount({ me }: { me: Me }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [receiptUrl, setReceiptUrl] = useState<string>();
  return (
    <section className={styles.danger}>
      <h2>{t('me.danger')}</h2>
      <p>{t('me.dangerText')}</p>
      <Button look="danger" onPress={() => setOpen(true)} data-testid="delete-account">
        {t('me.deleteAccount')}
      </Button>
      <Dialog
        title={t('me.deleteTitle')}
        isOpen={isOpen && receiptUrl === undefined}
        onClose={() => setOpen(false)}
      >
        <Confirmation me={me} onClose={() => setOpen(false)} onDeleted={setReceiptUrl} />
      </Dialog>
      <Dialog title={t('me.deletedTitle')} isOpen={receiptUrl !== undefined}>
        <p>{t('me.deletedText')}</p>
        <DialogActions>
          <a href={receiptUrl} className={styles.receipt} target="_blank" rel="noreferrer">
            {t('me.receipt')}
          </a>
          <Button onPress={() => location.assign('/')}>{t('nav.home')}</Button>
        </DialogActions>
      </Dialog>
    </section>
  );
}

interface ConfirmationProps {
  readonly me: Me;
  readonly onClose: () => void;
  readonly onDeleted: (receiptUrl: string) => void;
}

function Confirmation({ me, onClose, onDeleted }: ConfirmationProps) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [deleteMe, { error, isLoading }] = useDeleteMeMutation();
  const hasPassword = me.providers.includes('credential');
  const wrong = error?.code === 'invalid_credentials';
  const submit = async () => {
    const answer = await deleteMe(hasPassword ? { password } : {});
    if (answer.data) onDeleted(answer.data.receiptUrl);
  };
  return (
    <DialogForm
      action={t('me.deleteAccount')}
      look="danger"
      isPending={isLoading}
      isReady={!hasPassword || password !== ''}
      onSubmit={submit}
      onClose={onClose}
      submitTestId="confirm-delete-account"
    >
      <p>
        {hasPassword
          ? t('me.deleteText')
          : t('me.deleteTextSocial', { provider: providerNames(t, me.providers) })}
      </p>
      {hasPassword && (
        <PasswordField
          label={t('auth.password')}
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={wrong ? problemText(t, error) : undefined}
          testId="delete-password"
        />
      )}
      {error && !wrong && <ProblemNotice problem={error} />}
    </DialogForm>
  );
}
