import { useTranslation } from 'react-i18next';
import { Button, LinkButton } from '../ui/Button.tsx';
import { EmptyState } from '../ui/Notice.tsx';
import { useOnline } from './useOnline.ts';
import { useTitle } from './useTitle.ts';

export function MissingPage() {
  const { t } = useTranslation();
  useTitle(t('errors.pageTitle'));
  return (
    <EmptyState isPage icon="link" title={t('errors.pageTitle')} text={t('errors.pageText')}>
      <LinkButton to="/">{t('nav.home')}</LinkButton>
    </EmptyState>
  );
}

/** Something broke while a page was drawn, or its code could not be loaded. */
export function CrashPage() {
  const { t } = useTranslation();
  const words = useOnline() ? 'crash' : 'offline';
  return (
    <EmptyState
      isPage
      icon="alert"
      tone="bad"
      title={t(`errors.${words}Title`)}
      text={t(`errors.${words}Text`)}
    >
      <Button icon="retry" onPress={() => location.reload()}>
        {t('errors.reload')}
      </Button>
    </EmptyState>
  );
}
