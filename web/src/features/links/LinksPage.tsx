import type { LinkState } from '@ptsdly/contract';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAllLinksInfiniteQuery, useRevokeChosenMutation } from '../../api/links.ts';
import { useTitle } from '../../app/useTitle.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { TextField } from '../../ui/TextField.tsx';
import { say, warn } from '../../ui/toasts.ts';
import { LinkRow } from './LinkRow.tsx';
import styles from './Links.module.css';
import { Transfer } from './Transfer.tsx';

const filters = ['all', 'open', 'scheduled', 'used_up', 'expired'] as const;
type Filter = (typeof filters)[number];

/** Every link of mine: found, looked into, ended together. */
export function Component() {
  const { t } = useTranslation();
  useTitle(t('links.title'));
  const [q, setQ] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const state: LinkState | undefined = filter === 'all' ? undefined : filter;
  const found = useAllLinksInfiniteQuery({ q: useDeferredValue(q.trim()), state });
  const links = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const choose = (id: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const isNarrowed = q.trim() !== '' || state !== undefined;
  const hasNone = found.isSuccess && links.length === 0 && !found.hasNextPage;
  const visible = links.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  return (
    <div className={sections.wide}>
      <header className={sections.head}>
        <h1>{t('links.title')}</h1>
        <Transfer />
      </header>
      {(isNarrowed || !hasNone) && (
        <div className={styles.filters}>
          <TextField
            label={t('links.search')}
            type="search"
            value={q}
            onChange={setQ}
            maxLength={120}
            testId="links-search"
          />
          <Choice
            label={t('links.filter')}
            hideLabel
            value={filter}
            onChange={setFilter}
            options={filters.map((value) => ({
              value,
              label: value === 'all' ? t('links.all') : t(`share.states.${value}`),
            }))}
          />
        </div>
      )}
      {visible.length > 0 && <Ending ids={visible} onDone={() => setChosen(new Set())} />}
      {found.error && <ProblemNotice problem={found.error} />}
      {found.isLoading && <Loading label={t('common.loading')} />}
      {hasNone && (
        <EmptyState
          icon="link"
          title={t(isNarrowed ? 'links.noneFound' : 'links.none')}
          text={t(isNarrowed ? 'links.noneFoundText' : 'links.noneText')}
        />
      )}
      <ul className={sections.list} aria-label={t('links.title')}>
        {links.map((link) => (
          <LinkRow
            key={link.id}
            link={link}
            isChosen={chosen.has(link.id)}
            onChoose={(isChosen) => choose(link.id, isChosen)}
          />
        ))}
      </ul>
      {found.hasNextPage && (
        <Button look="quiet" onPress={() => found.fetchNextPage()} isPending={found.isFetchingNextPage}>
          {t('links.more')}
        </Button>
      )}
    </div>
  );
}

/** What is done with the chosen ones. */
function Ending({ ids, onDone }: { ids: string[]; onDone: () => void }) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const [revoke, { isLoading }] = useRevokeChosenMutation();
  const confirm = async () => {
    const answer = await revoke(ids.slice(0, 200));
    setAsking(false);
    if (answer.error) return warn(problemText(t, answer.error));
    say(t(answer.data.stopped === true ? 'share.revoked' : 'share.revokedPending'));
    onDone();
  };
  return (
    <div className={styles.chosen} role="status">
      <IconButton icon="close" label={t('links.chooseNone')} onPress={onDone} />
      <span>{t('links.chosen', { count: ids.length })}</span>
      <Button look="danger" onPress={() => setAsking(true)} data-testid="revoke-chosen">
        {t('share.revoke')}
      </Button>
      <ConfirmDialog
        title={t('links.revokeTitle', { count: ids.length })}
        text={t('share.revokeText')}
        action={t('share.revoke')}
        isOpen={isAsking}
        isPending={isLoading}
        onConfirm={confirm}
        onClose={() => setAsking(false)}
        testId="confirm-revoke-chosen"
      />
    </div>
  );
}
