import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useResetPasswordMutation } from '../../api/account.ts';
import { fieldReason } from '../../api/problem.ts';
import { useTitle } from '../../app/useTitle.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import { NewPasswordField } from '../../ui/TextField.tsx';
import styles from './Auth.module.css';
import { AuthCard } from './AuthCard.tsx';
import { shortestPassword } from './fields.ts';
import { useLetterToken } from './useLetterToken.ts';

export function Component() {
  const { t } = useTranslation();
  useTitle(t('reset.title'));
  const token = useLetterToken();
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const [reset, { error, isLoading, isSuccess }] = useResetPasswordMutation();
  const isShort = [...password].length < shortestPassword;
  const weak =
    error?.code === 'weak_password' ? (fieldReason(error, 'password') ?? problemText(t, error)) : undefined;
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!isShort) void reset({ token, password });
  };
  if (isSuccess) {
    return (
      <EmptyState isPage icon="check" title={t('reset.doneTitle')} text={t('reset.doneText')}>
        <LinkButton to="/app/sign-in">{t('nav.signIn')}</LinkButton>
      </EmptyState>
    );
  }
  if (token === '' || error?.code === 'token_invalid') {
    return (
      <EmptyState
        isPage
        icon="alert"
        tone="bad"
        title={t('reset.oldTitle')}
        text={t('problems.token_invalid')}
      >
        <LinkButton to="/app/forgot-password">{t('forgot.send')}</LinkButton>
      </EmptyState>
    );
  }
  return (
    <AuthCard title={t('reset.title')} lead={t('reset.lead')}>
      <Form className={styles.form!} onSubmit={submit} validationBehavior="aria">
        <NewPasswordField
          label={t('reset.password')}
          value={password}
          onChange={setPassword}
          error={tried && isShort ? t('problems.weak_password') : weak}
          testId="reset-password"
        />
        {error && weak === undefined && <ProblemNotice problem={error} />}
        <Button type="submit" size="l" wide isPending={isLoading} data-testid="reset-submit">
          {t('reset.save')}
        </Button>
      </Form>
    </AuthCard>
  );
}
