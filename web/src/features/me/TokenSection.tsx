import type { ApiToken } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRevokeTokenMutation, useTokensQuery } from '../../api/identity.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { formatDate } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { say, warn } from '../../ui/toasts.ts';
import styles from './Me.module.css';
import { NewTokenDialog } from './NewTokenDialog.tsx';

/** Tokens for programs: made, listed, revoked. */
export function TokenSection() {
  const { t } = useTranslation();
  const { data: tokens = [], error } = useTokensQuery();
  const [isMaking, setMaking] = useState(false);
  const [asking, setAsking] = useState<ApiToken>();
  const [revoke, { isLoading }] = useRevokeTokenMutation();
  const confirm = async () => {
    if (!asking) return;
    const answer = await revoke(asking.id);
    setAsking(undefined);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('tokens.revoked'));
  };
  return (
    <section className={sections.card}>
      <header className={sections.head}>
        <h2>{t('tokens.title')}</h2>
        <Button look="quiet" onPress={() => setMaking(true)} data-testid="new-token">
          {t('tokens.new')}
        </Button>
      </header>
      <p className={styles.lead}>{t('tokens.lead')}</p>
      {error && <ProblemNotice problem={error} />}
      {tokens.length > 0 && (
        <ul className={styles.rows}>
          {tokens.map((token) => (
            <TokenRow key={token.id} token={token} onRevoke={() => setAsking(token)} />
          ))}
        </ul>
      )}
      <NewTokenDialog isOpen={isMaking} onClose={() => setMaking(false)} />
      <ConfirmDialog
        title={t('tokens.revokeTitle', { name: asking?.name ?? '' })}
        text={t('tokens.revokeText')}
        action={t('tokens.revoke')}
        isOpen={asking !== undefined}
        isPending={isLoading}
        onConfirm={confirm}
        onClose={() => setAsking(undefined)}
        testId="confirm-revoke-token"
      />
    </section>
  );
}

function TokenRow({ token, onRevoke }: { token: ApiToken; onRevoke: () => void }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const used = token.lastUsedAt
    ? t('tokens.used', { date: formatDate(token.lastUsedAt, language) })
    : t('tokens.unused');
  return (
    <li className={styles.row} data-testid="token-row">
      <div>
        <strong>{token.name}</strong>
        <small>
          <code>{token.hint}…</code> · {token.scopes.map((scope) => t(`tokens.scope.${scope}`)).join(', ')}
        </small>
        <small>
          {t('tokens.until', { date: formatDate(token.expiresAt, language) })} · {used}
        </small>
      </div>
      <IconButton icon="trash" label={t('tokens.revokeOne', { name: token.name })} onPress={onRevoke} />
    </li>
  );
}
