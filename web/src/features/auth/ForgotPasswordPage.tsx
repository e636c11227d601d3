import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useForgotPasswordMutation } from '../../api/account.ts';
import { useTitle } from '../../app/useTitle.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import styles from './Auth.module.css';
import { AuthCard } from './AuthCard.tsx';
import { isEmail } from './fields.ts';

export function Component() {
  const { t } = useTranslation();
  useTitle(t('forgot.title'));
  const [email, setEmail] = useState('');
  const [tried, setTried] = useState(false);
  const [ask, { error, isLoading, isSuccess }] = useForgotPasswordMutation();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (isEmail(email)) void ask(email.trim());
  };
  if (isSuccess)
    return <EmptyState isPage icon="check" title={t('forgot.sentTitle')} text={t('forgot.sentText')} />;
  return (
    <AuthCard title={t('forgot.title')} lead={t('forgot.lead')}>
      <Form className={styles.form!} onSubmit={submit} validationBehavior="aria">
        <TextField
          label={t('auth.email')}
          type="email"
          autoComplete="username"
          inputMode="email"
          value={email}
          onChange={setEmail}
          error={tried && !isEmail(email) ? t('auth.invalidEmail') : undefined}
          testId="forgot-email"
        />
        {error && <ProblemNotice problem={error} />}
        <Button type="submit" size="l" wide isPending={isLoading} data-testid="forgot-submit">
          {t('forgot.send')}
        </Button>
      </Form>
      <p className={styles.switch}>
        <Link to="/app/sign-in">{t('nav.signIn')}</Link>
      </p>
    </AuthCard>
  );
}
