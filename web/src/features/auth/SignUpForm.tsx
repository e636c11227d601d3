import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/Button.tsx';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import { NewPasswordField, TextField } from '../../ui/TextField.tsx';
import styles from './Auth.module.css';
import { Consents } from './Consents.tsx';
import { type SignUpFields, signUpErrors } from './fields.ts';
import { useSignUp } from './useSignUp.ts';

export function SignUpForm() {
  const { t } = useTranslation();
  const [fields, setFields] = useState<SignUpFields>({ name: '', email: '', password: '' });
  const [consent, setConsent] = useState({ terms: false, privacy: false });
  const [tried, setTried] = useState(false);
  const [sent, setSent] = useState<SignUpFields>();
  const { submit, problem, isPending, isSent } = useSignUp();
  // What the server said holds for what was sent, until a field is changed.
  const errors = tried ? signUpErrors(t, fields, sent === fields ? problem : undefined) : {};
  const set = (change: Partial<SignUpFields>) => setFields({ ...fields, ...change });
  const onSubmit = async (event: React.FormEvent) => {
    event.preventDefault();
    setTried(true);
    const fine = Object.values(signUpErrors(t, fields, undefined)).every((error) => error === undefined);
    if (!fine || !consent.terms || !consent.privacy) return;
    setSent(fields);
    await submit(fields);
  };
  const atField = problem && ['email_taken', 'weak_password'].includes(problem.code);
  if (isSent) return <EmptyState icon="check" title={t('forgot.sentTitle')} text={t('confirm.sentText')} />;
  return (
    <Form className={styles.form!} onSubmit={onSubmit} validationBehavior="aria">
      <TextField
        label={t('auth.name')}
        hint={t('auth.nameHint')}
        name="name"
        autoComplete="name"
        maxLength={80}
        value={fields.name}
        onChange={(name) => set({ name })}
        error={errors.name}
        testId="sign-up-name"
      />
      <TextField
        label={t('auth.email')}
        type="email"
        name="email"
        autoComplete="username"
        inputMode="email"
        value={fields.email}
        onChange={(email) => set({ email })}
        error={errors.email}
        testId="sign-up-email"
      />
      <NewPasswordField
        label={t('auth.password')}
        name="password"
        value={fields.password}
        onChange={(password) => set({ password })}
        error={errors.password}
        testId="sign-up-password"
      />
      <Consents value={consent} onChange={setConsent} missing={tried} />
      {problem && !atField && <ProblemNotice problem={problem} />}
      <Button type="submit" size="l" wide isPending={isPending} data-testid="sign-up-submit">
        {t('nav.signUp')}
      </Button>
    </Form>
  );
}
