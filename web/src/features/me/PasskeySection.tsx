import type { Passkey } from '@ptsdly/contract';
import { startRegistration } from '@simplewebauthn/browser';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  useAddPasskeyMutation,
  useBeginPasskeyMutation,
  useRemovePasskeyMutation,
  useSecurityQuery,
} from '../../api/account.ts';
import { type AnyProblem, toApiProblem } from '../../api/problem.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { formatDate } from '../../ui/format.ts';
import sections from '../../ui/Sections.module.css';
import { TextField } from '../../ui/TextField.tsx';
import { say } from '../../ui/toasts.ts';
import { wasCancelled } from '../auth/passkeys.ts';
import styles from './Me.module.css';
import { ProofDialog } from './ProofDialog.tsx';

export function PasskeySection() {
  const { t } = useTranslation();
  const { data: security } = useSecurityQuery();
  const [asking, setAsking] = useState<Passkey>();
  const [isAdding, setAdding] = useState(false);
  const [remove, { error, isLoading, reset }] = useRemovePasskeyMutation();
  const close = () => {
    setAsking(undefined);
    reset();
  };
  const confirm = async (proof: { password?: string }) => {
    if (!asking) return;
    const answer = await remove({ id: asking.id, ...proof });
    if (answer.error) return;
    close();
    say(t('passkeys.removed'));
  };
  return (
    <section className={sections.card}>
      <header className={sections.head}>
        <h2>{t('passkeys.title')}</h2>
        {'PublicKeyCredential' in window && (
          <Button look="quiet" onPress={() => setAdding(true)} data-testid="add-passkey">
            {t('passkeys.add')}
          </Button>
        )}
      </header>
      <p className={styles.lead}>{t('passkeys.lead')}</p>
      {security && security.passkeys.length > 0 && (
        <ul className={styles.rows}>
          {security.passkeys.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} onRemove={() => setAsking(passkey)} />
          ))}
        </ul>
      )}
      <AddPasskey isOpen={isAdding} onClose={() => setAdding(false)} />
      <ProofDialog
        title={t('passkeys.removeTitle', { name: asking?.name ?? '' })}
        text={t('passkeys.removeText')}
        action={t('actions.delete')}
        isOpen={asking !== undefined}
        isPending={isLoading}
        problem={error}
        onSubmit={confirm}
        onClose={close}
      />
    </section>
  );
}

function PasskeyRow({ passkey, onRemove }: { passkey: Passkey; onRemove: () => void }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  return (
    <li className={styles.row} data-testid="passkey-row">
      <div>
        <strong>{passkey.name}</strong>
        <small>{t('passkeys.since', { date: formatDate(passkey.createdAt, language) })}</small>
      </div>
      <IconButton icon="trash" label={t('passkeys.removeOne', { name: passkey.name })} onPress={onRemove} />
    </li>
  );
}

function AddPasskey({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [begin, { isLoading }] = useBeginPasskeyMutation();
  const [add] = useAddPasskeyMutation();
  const [problem, setProblem] = useState<AnyProblem>();
  const submit = async (proof: { password?: string }) => {
    setProblem(undefined);
    try {
      const ceremony = await begin(proof).unwrap();
      const response = await startRegistration({ optionsJSON: ceremony.options as never });
      await add({ name: name.trim(), response: response as unknown as Record<string, unknown> }).unwrap();
      say(t('passkeys.added'));
      setName('');
      onClose();
    } catch (thrown) {
      if (!wasCancelled(thrown)) setProblem(toApiProblem(thrown));
    }
  };
  return (
    <ProofDialog
      title={t('passkeys.addTitle')}
      text={t('passkeys.addText')}
      action={t('passkeys.add')}
      isOpen={isOpen}
      isPending={isLoading}
      problem={problem}
      isReady={name.trim() !== ''}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={t('passkeys.name')}
        hint={t('passkeys.nameHint')}
        maxLength={60}
        value={name}
        onChange={setName}
        testId="passkey-name"
      />
    </ProofDialog>
  );
}
