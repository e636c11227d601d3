import { type Scope, scopes } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateTokenMutation } from '../../api/identity.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkboxes } from '../../ui/Checkboxes.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { DialogForm } from '../../ui/DialogForm.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { TextField } from '../../ui/TextField.tsx';
import { Secret } from './Secret.tsx';

const lifetimes = ['30', '90', '365'] as const;
type Days = (typeof lifetimes)[number];

interface NewTokenDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** First the wishes, then the token, which is shown this once. */
export function NewTokenDialog({ isOpen, onClose }: NewTokenDialogProps) {
  const { t } = useTranslation();
  const [token, setToken] = useState<string>();
  const close = () => {
    setToken(undefined);
    onClose();
  };
  if (token === undefined) {
    return (
      <Dialog title={t('tokens.newTitle')} isOpen={isOpen} onClose={close}>
        <NewTokenForm onMade={setToken} onClose={close} />
      </Dialog>
    );
  }
  return (
    <Dialog title={t('tokens.madeTitle')} isOpen>
      <p>{t('tokens.madeText')}</p>
      <Secret value={token} testId="token-value" />
      <DialogActions>
        <Button onPress={close} data-testid="token-kept">
          {t('tokens.kept')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function NewTokenForm({ onMade, onClose }: { onMade: (token: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly Scope[]>([]);
  const [days, setDays] = useState<Days>('90');
  const [tried, setTried] = useState(false);
  const [create, { error, isLoading }] = useCreateTokenMutation();
  const submit = async () => {
    setTried(true);
    if (name.trim() === '' || chosen.length === 0) return;
    const answer = await create({ name: name.trim(), scopes: [...chosen], expiresInDays: Number(days) });
    if (answer.data) onMade(answer.data.token);
  };
  return (
    <DialogForm
      action={t('tokens.create')}
      isPending={isLoading}
      onSubmit={submit}
      onClose={onClose}
      submitTestId="token-create"
    >
      <TextField
        label={t('tokens.name')}
        hint={t('tokens.nameHint')}
        maxLength={80}
        value={name}
        onChange={setName}
        error={tried && name.trim() === '' ? t('auth.required') : undefined}
        testId="token-name"
      />
      <Checkboxes
        label={t('tokens.scopes')}
        options={scopes.map((value) => ({ value, label: t(`tokens.scope.${value}`) }))}
        chosen={chosen}
        onChange={setChosen}
        error={tried && chosen.length === 0 ? t('tokens.scopeMissing') : undefined}
        testId="scope"
      />
      <Choice
        label={t('tokens.lifetime')}
        value={days}
        onChange={setDays}
        options={lifetimes.map((value) => ({ value, label: t('tokens.days', { count: Number(value) }) }))}
      />
      {error && <ProblemNotice problem={error} />}
    </DialogForm>
  );
}
