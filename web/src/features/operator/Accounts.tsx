import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Account, useAccountsInfiniteQuery, useSignOutAccountMutation } from '../../api/operator.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { formatDate } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { TextField } from '../../ui/TextField.tsx';
import { say, warn } from '../../ui/toasts.ts';
import { AccountServers } from './AccountServers.tsx';
import { MoreButton } from './MoreButton.tsx';
import styles from './Operator.module.css';

/** Accounts by address or id. */
export function Accounts({ acts }: { acts: boolean }) {
  const { t, i18n } = useTranslation();
  const [search, setSearch] = useState('');
  const found = useAccountsInfiniteQuery(useDeferredValue(search.trim()));
  const { error } = found;
  const data = found.data?.pages.flatMap(({ items }) => items);
  const [shown, setShown] = useState<string>();
  const [chosen, setChosen] = useState<Account>();
  return (
    <section className={styles.section} aria-labelledby="accounts">
      <h2 id="accounts">{t('operator.accounts')}</h2>
      <TextField
        label={t('operator.search')}
        value={search}
        onChange={setSearch}
        type="search"
        testId="account-search"
      />
      {error && <ProblemNotice problem={error} />}
      <ul className={sections.list}>
        {data?.map((account) => (
          <li key={account.id} className={styles.account} data-testid="account">
            <div className={styles.decided}>
              <strong>{account.name}</strong>
              <span className={sections.byline}>
                <span>{account.email}</span>
                {account.role !== 'user' && <span className={styles.role}>{account.role}</span>}
                <time dateTime={account.createdAt}>{formatDate(account.createdAt, i18n.language)}</time>
              </span>
            </div>
            <div className={styles.actions}>
              <Button
                look="plain"
                aria-expanded={shown === account.id}
                onPress={() => setShown(shown === account.id ? undefined : account.id)}
                data-testid="account-servers"
              >
                {t('operator.servers')}
              </Button>
              {acts && (
                <Button look="quiet" onPress={() => setChosen(account)}>
                  {t('operator.signOut')}
                </Button>
              )}
            </div>
            {shown === account.id && <AccountServers ownerId={account.id} />}
          </li>
        ))}
      </ul>
      <MoreButton found={found} />
      {data?.length === 0 && <p>{t('operator.noAccounts')}</p>}
      {chosen && <SignOutDialog account={chosen} onClose={() => setChosen(undefined)} />}
    </section>
  );
}

function SignOutDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const { t } = useTranslation();
  const [signOut, { isLoading }] = useSignOutAccountMutation();
  const confirm = async () => {
    const { error: refused } = await signOut(account.id);
    if (refused) warn(problemText(t, refused));
    else say(t('operator.done'));
    onClose();
  };
  return (
    <ConfirmDialog
      isOpen
      title={t('operator.signOutTitle', { name: account.name })}
      text={t('operator.signOutText')}
      action={t('operator.signOut')}
      isPending={isLoading}
      onConfirm={() => void confirm()}
      onClose={onClose}
    />
  );
}
