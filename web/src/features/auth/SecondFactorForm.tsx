import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useSignInSecondFactorMutation } from '../../api/account.ts';
import { Button } from '../../ui/Button.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import styles from './Auth.module.css';
import { AuthCard } from './AuthCard.tsx';

/** The second half of a sign-in. */
export function SecondFactorForm({ next, onRestart }: { next: string; onRestart: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [code, setCode] = useState('');
  const [signIn, { error, isLoading }] = useSignInSecondFactorMutation();
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (code.trim() === '') return;
    const answer = await signIn(code.trim());
    if (!answer.error) await navigate(next, { replace: true });
  };
  return (
    <AuthCard title={t('secondFactor.title')} lead={t('secondFactor.ask')}>
      <Form className={styles.form!} onSubmit={submit} validationBehavior="aria">
        <TextField
          label={t('secondFactor.code')}
          hint={t('secondFactor.codeHint')}
          autoComplete="one-time-code"
          maxLength={40}
          autoFocus
          value={code}
          onChange={setCode}
          testId="second-factor-code"
        />
        {error && <ProblemNotice problem={error} />}
        <Button type="submit" size="l" wide isPending={isLoading} data-testid="second-factor-submit">
          {t('nav.signIn')}
        </Button>
        <Button look="plain" wide onPress={onRestart}>
          {t('secondFactor.restart')}
        </Button>
      </Form>
    </AuthCard>
  );
}
