import { useState } from 'react';
import { Button as AriaButton, Form } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useLibrarySummaryQuery } from '../../api/library.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { TextField } from '../../ui/TextField.tsx';
import styles from './Dialogs.module.css';
import type { LibraryActions } from './useLibraryActions.ts';

interface TagDialogProps {
  readonly serverUrl: string;
  readonly ids: readonly string[];
  readonly actions: LibraryActions;
  readonly onClose: () => void;
}

/** Gives tags to many videos, or takes them away: each tag that was tapped is added, tapped again it is removed. */
export function TagDialog({ serverUrl, ids, actions, onClose }: TagDialogProps) {
  const { t } = useTranslation();
  const { data: summary } = useLibrarySummaryQuery(serverUrl);
  const [fresh, setFresh] = useState<readonly string[]>([]);
  const [wanted, setWanted] = useState<ReadonlyMap<string, 'add' | 'remove'>>(new Map());
  const [typed, setTyped] = useState('');
  const names = [...fresh, ...(summary?.tags.map(({ name }) => name) ?? [])];
  const step = (name: string) => {
    const next = { none: 'add', add: 'remove', remove: undefined } as const;
    const now = next[wanted.get(name) ?? 'none'];
    const changed = new Map(wanted);
    if (now) changed.set(name, now);
    else changed.delete(name);
    setWanted(changed);
  };
  const add = (event: React.FormEvent) => {
    event.preventDefault();
    const name = typed.trim();
    setTyped('');
    if (name === '') return;
    if (!names.includes(name)) setFresh([name, ...fresh]);
    setWanted(new Map(wanted).set(name, 'add'));
  };
  const save = async () => {
    const chosen = (what: 'add' | 'remove') =>
      [...wanted].filter(([, one]) => one === what).map(([name]) => name);
    await actions.run(ids, { do: 'tag', add: chosen('add'), remove: chosen('remove') });
    onClose();
  };
  return (
    <Dialog title={t('library.tagTitle', { count: ids.length })} isOpen onClose={onClose}>
      <Form className={styles.form!} onSubmit={add}>
        <TextField
          label={t('library.newTag')}
          hint={t('library.tagHint')}
          autoFocus
          maxLength={50}
          value={typed}
          onChange={setTyped}
          testId="tag-name"
        />
      </Form>
      <div className={styles.tags}>
        {names.map((name) => {
          const state = wanted.get(name) ?? 'none';
          return (
            <AriaButton
              key={name}
              className={styles.tag!}
              data-state={state}
              aria-label={`${name}: ${t(`library.tagStates.${state}`)}`}
              onPress={() => step(name)}
            >
              <Icon name={{ none: 'tag', add: 'check', remove: 'close' }[state] as 'tag'} size={16} />
              {name}
            </AriaButton>
          );
        })}
      </div>
      <DialogActions>
        <Button look="quiet" onPress={onClose}>
          {t('actions.cancel')}
        </Button>
        <Button isDisabled={wanted.size === 0} onPress={save} data-testid="tags-save">
          {t('actions.save')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
