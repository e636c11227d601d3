import { useTranslation } from 'react-i18next';
import { Button, LinkButton } from '../ui/Button.tsx';
import { EmptyState } from '../ui/Notice.tsx';
import { useTitle } from './useTitle.ts';

export function MissingPage() {
  const { t } = useTranslation();
  useTitle(t('errors.pageTitle'));
  return (
    <EmptyState icon="link" title={t('errors.pageTitle')} text={t('errors.pageText')}>
      <LinkButton to="/">{t('nav.home')}</LinkButton>
    </EmptyState>
  );
}

/** Something broke while a page was drawn, or its code could not be loaded. */
export function CrashPage() {
  const { t } = useTranslation();
  return (
    <EmptyState icon="alert" tone="bad" title={t('errors.crashTitle')} text={t('errors.crashText')}>
      <Button icon="retry" onPress={() => location.reload()}>
        {t('errors.reload')}
      </Button>
    </EmptyState>
  );
}
