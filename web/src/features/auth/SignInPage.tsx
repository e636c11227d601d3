import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router';
import { useMeQuery, useSignInMutation } from '../../api/identity.ts';
import { useTitle } from '../../app/useTitle.ts';
import { Button } from '../../ui/Button.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { PasswordField, TextField } from '../../ui/TextField.tsx';
import styles from './Auth.module.css';
import { AuthCard } from './AuthCard.tsx';
import { isEmail } from './fields.ts';
import { safeNext } from './next.ts';
import { PasskeyButton } from './PasskeyButton.tsx';
import { SecondFactorForm } from './SecondFactorForm.tsx';
import { SignInTrouble } from './SignInTrouble.tsx';
import { SocialButtons } from './SocialButtons.tsx';

export function SignInPage() {
  const { t } = useTranslation();
  useTitle(t('nav.signIn'));
  const [search] = useSearchParams();
  const next = safeNext(search.get('next'));
  const { data: me } = useMeQuery();
  const [isHalfWay, setHalfWay] = useState(search.has('second-factor'));
  if (me) return <Navigate to={next} replace />;
  if (isHalfWay) return <SecondFactorForm next={next} onRestart={() => setHalfWay(false)} />;
  return (
    <AuthCard title={t('auth.signInTitle')} lead={t('auth.signInLead')}>
      <SignInTrouble code={search.get('error')} />
      <SocialButtons next={next} />
      <SignInForm next={next} onHalfWay={() => setHalfWay(true)} />
      <PasskeyButton next={next} />
      <p className={styles.switch}>
        {t('auth.noAccount')} <Link to={`/app/sign-up?${search}`}>{t('nav.signUp')}</Link>
      </p>
    </AuthCard>
  );
}

function SignInForm({ next, onHalfWay }: { next: string; onHalfWay: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const [signIn, { error, isLoading }] = useSignInMutation();
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!isEmail(email) || password === '') return;
    const answer = await signIn({ email: email.trim(), password });
    if (!answer.error) await navigate(next, { replace: true });
    else if (answer.error.code === 'second_factor_required') onHalfWay();
  };
  return (
    <Form className={styles.form!} onSubmit={submit} validationBehavior="aria">
      <TextField
        label={t('auth.email')}
        type="email"
        name="email"
        autoComplete="username"
        inputMode="email"
        value={email}
        onChange={setEmail}
        error={tried && !isEmail(email) ? t('auth.invalidEmail') : undefined}
        testId="sign-in-email"
      />
      <PasswordField
        label={t('auth.password')}
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        error={tried && password === '' ? t('auth.required') : undefined}
        testId="sign-in-password"
      />
      <Link to="/app/forgot-password" className={styles.forgot}>
        {t('forgot.link')}
      </Link>
      {error && error.code !== 'second_factor_required' && <ProblemNotice problem={error} />}
      <Button type="submit" size="l" wide isPending={isLoading} data-testid="sign-in-submit">
        {t('nav.signIn')}
      </Button>
    </Form>
  );
}
