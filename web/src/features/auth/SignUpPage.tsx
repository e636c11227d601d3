import { useTranslation } from 'react-i18next';
import { Link, Navigate, useSearchParams } from 'react-router';
import { useMeQuery } from '../../api/identity.ts';
import { useTitle } from '../../app/useTitle.ts';
import styles from './Auth.module.css';
import { AuthCard } from './AuthCard.tsx';
import { safeNext } from './next.ts';
import { SignUpForm } from './SignUpForm.tsx';
import { SocialButtons } from './SocialButtons.tsx';

export function SignUpPage() {
  const { t } = useTranslation();
  useTitle(t('nav.signUp'));
  const [search] = useSearchParams();
  const next = search.has('next') ? safeNext(search.get('next')) : '/app/plans';
  const { data: me } = useMeQuery();
  if (me) return <Navigate to={next} replace />;
  return (
    <AuthCard title={t('auth.signUpTitle')} lead={t('auth.signUpLead')}>
      <SocialButtons next={next} />
      <SignUpForm />
      <p className={styles.switch}>
        {t('auth.haveAccount')} <Link to={`/app/sign-in?${search}`}>{t('nav.signIn')}</Link>
      </p>
    </AuthCard>
  );
}
