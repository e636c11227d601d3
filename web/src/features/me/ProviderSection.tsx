import type { Me } from '@ptsdly/contract';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import {
  useAuthOptionsQuery,
  useLinkProviderMutation,
  useUnlinkProviderMutation,
} from '../../api/identity.ts';
import { Button } from '../../ui/Button.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { say } from '../../ui/toasts.ts';
import { ProviderMark } from '../auth/ProviderMark.tsx';
import { SignInTrouble } from '../auth/SignInTrouble.tsx';
import styles from './Me.module.css';
import { ProofDialog } from './ProofDialog.tsx';
import { providerName } from './providers.ts';

/** The ways in: linked and unlinked, never the last one. */
export function ProviderSection({ me }: { me: Me }) {
  const { t } = useTranslation();
  const offered = useAuthOptionsQuery().data?.providers ?? [];
  const [asking, setAsking] = useState<string>();
  const [link, { error }] = useLinkProviderMutation();
  const [unlink, { error: refusal, isLoading, reset }] = useUnlinkProviderMutation();
  const troubleCode = useLinkOutcome();
  const nameOf = (id: string) => offered.find((one) => one.id === id)?.name ?? id;
  const ids = [...new Set([...me.providers, ...offered.map(({ id }) => id)])];
  const begin = async (provider: string) => {
    const answer = await link(provider);
    if (answer.data) location.assign(answer.data.url);
  };
  const close = () => {
    setAsking(undefined);
    reset();
  };
  const confirm = async (proof: { password?: string }) => {
    if (!asking) return;
    const answer = await unlink({ provider: asking, ...proof });
    if (answer.error) return;
    close();
    say(t('providers.unlinked'));
  };
  return (
    <section className={sections.card}>
      <h2>{t('providers.title')}</h2>
      <p className={styles.lead}>{t('providers.lead')}</p>
      <SignInTrouble code={troubleCode} />
      {error && <ProblemNotice problem={error} />}
      <ul className={styles.rows}>
        {ids.map((id) => (
          <ProviderRow
            key={id}
            id={id}
            name={providerName(t, id, nameOf(id))}
            isLinked={me.providers.includes(id)}
            isOnly={me.providers.length === 1}
            onLink={() => begin(id)}
            onUnlink={() => setAsking(id)}
          />
        ))}
      </ul>
      <ProofDialog
        title={t('providers.unlinkTitle', { name: asking ? providerName(t, asking, nameOf(asking)) : '' })}
        text={t('providers.unlinkText')}
        action={t('providers.unlink')}
        isOpen={asking !== undefined}
        isPending={isLoading}
        problem={refusal}
        onSubmit={confirm}
        onClose={close}
      />
    </section>
  );
}

interface ProviderRowProps {
  readonly id: string;
  readonly name: string;
  readonly isLinked: boolean;
  readonly isOnly: boolean;
  readonly onLink: () => void;
  readonly onUnlink: () => void;
}

function ProviderRow({ id, name, isLinked, isOnly, onLink, onUnlink }: ProviderRowProps) {
  const { t } = useTranslation();
  const state = isLinked ? (isOnly ? 'providers.only' : 'providers.on') : 'providers.off';
  return (
    <li className={styles.row} data-testid={`provider-${id}`} data-linked={isLinked}>
      <span className={styles.mark}>
        <ProviderMark id={id} />
      </span>
      <div>
        <strong>{name}</strong>
        <small>{t(state)}</small>
      </div>
      {isLinked && !isOnly && (
        <Button
          look="quiet"
          onPress={onUnlink}
          aria-label={t('providers.unlinkOne', { name })}
          data-testid={`unlink-${id}`}
        >
          {t('providers.unlink')}
        </Button>
      )}
      {!isLinked && (
        <Button
          look="quiet"
          onPress={onLink}
          aria-label={t('providers.linkOne', { name })}
          data-testid={`link-${id}`}
        >
          {t('providers.link')}
        </Button>
      )}
    </li>
  );
}

/** What the way back from a provider says in the address: shown once, and gone from there. */
function useLinkOutcome(): string | null {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const [error] = useState(search.get('error'));
  const linked = search.get('linked');
  useEffect(() => {
    if (linked) say(t('providers.linked', { name: providerName(t, linked, linked) }));
    if (linked || search.has('error')) setSearch({}, { replace: true });
  }, [linked, search, setSearch, t]);
  return error;
}
