import { useTranslation } from 'react-i18next';
import { useConfirmEmailMutation } from '../../api/account.ts';
import { useMeQuery } from '../../api/identity.ts';
import { useTitle } from '../../app/useTitle.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/Notice.tsx';
import { useLetterToken } from './useLetterToken.ts';

/** A button, so that a mail program which opens links ahead of its reader uses nothing up. */
export function Component() {
  const { t } = useTranslation();
  useTitle(t('confirm.title'));
  const token = useLetterToken();
  const { data: me } = useMeQuery();
  const [confirm, { data, error, isLoading }] = useConfirmEmailMutation();
  const onwards = me ? '/app/me' : '/app/sign-in';
  if (data) {
    return (
      <EmptyState isPage icon="check" title={t('confirm.doneTitle')} text={t('confirm.doneText', data)}>
        <LinkButton to={onwards}>{t(me ? 'nav.me' : 'nav.signIn')}</LinkButton>
      </EmptyState>
    );
  }
  if (error || token === '') {
    const text = error ? problemText(t, error) : t('problems.token_invalid');
    return <EmptyState isPage icon="alert" tone="bad" title={t('reset.oldTitle')} text={text} />;
  }
  return (
    <EmptyState isPage icon="user" title={t('confirm.title')} text={t('confirm.text')}>
      <Button isPending={isLoading} onPress={() => confirm(token)} data-testid="confirm-email">
        {t('confirm.action')}
      </Button>
    </EmptyState>
  );
}
