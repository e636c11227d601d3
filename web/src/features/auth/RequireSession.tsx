import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, useLocation } from 'react-router';
import { useMeQuery } from '../../api/identity.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { EmptyState } from '../../ui/Notice.tsx';
import { signInPath } from './next.ts';

/** Its pages are for somebody who is signed in; others are led to the sign-in page and back. */
export function RequireSession({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { pathname, search } = useLocation();
  const { data: me, error, refetch } = useMeQuery();
  if (me === null) return <Navigate to={signInPath(pathname + search)} replace />;
  if (me) return children;
  if (!error) return <Loading />;
  return (
    <EmptyState isPage icon="alert" tone="bad" title={t('errors.crashTitle')} text={problemText(t, error)}>
      <Button icon="retry" onPress={refetch}>
        {t('common.retry')}
      </Button>
    </EmptyState>
  );
}
