import type { Folder } from '@ptsdly/contract';
import { useState } from 'react';
import { ListBox, ListBoxItem } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useCreateFolderMutation } from '../../api/library.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { Icon } from '../../ui/Icon.tsx';
import styles from './Dialogs.module.css';
import { outline } from './folderPath.ts';
import { NameDialog } from './NameDialog.tsx';

interface MoveDialogProps {
  readonly serverUrl: string;
  readonly folders: readonly Folder[];
  /** Where they are now. */
  readonly from: string | null;
  /** Folders that cannot be chosen. */
  readonly closed?: ReadonlySet<string>;
  readonly onMove: (target: string | null) => Promise<void>;
  readonly onClose: () => void;
}

const top = 'top';

/** Asks for a folder; one that is missing can be made on the way. */
export function MoveDialog({ serverUrl, folders, from, closed, onMove, onClose }: MoveDialogProps) {
  const { t } = useTranslation();
  const [target, setTarget] = useState(from ?? top);
  const [naming, setNaming] = useState(false);
  const [isPending, setPending] = useState(false);
  const [createFolder] = useCreateFolderMutation();
  const parentId = target === top ? null : target;
  const create = async (name: string) => {
    const { data, error } = await createFolder({ serverUrl, name, parentId });
    if (data) setTarget(data.id);
    return error;
  };
  const move = async () => {
    setPending(true);
    await onMove(parentId);
    onClose();
  };
  const places = [
    { id: top, name: t('library.top'), depth: 0 },
    ...outline(folders)
      .filter(({ folder }) => !closed?.has(folder.id))
      .map(({ folder, depth }) => ({ id: folder.id, name: folder.name, depth: depth + 1 })),
  ];
  return (
    <Dialog title={t('library.moveTo')} isOpen onClose={onClose}>
      <ListBox
        className={styles.places!}
        aria-label={t('library.folders')}
        items={places}
        selectionMode="single"
        selectionBehavior="replace"
        disallowEmptySelection
        autoFocus
        selectedKeys={[target]}
        onSelectionChange={(keys) => setTarget(String([...(keys as Set<string>)][0]))}
        data-testid="places"
      >
        {({ id, name, depth }) => (
          <ListBoxItem
            id={id}
            textValue={name}
            className={styles.place!}
            style={{ paddingInlineStart: `${0.75 + Math.min(depth, 8) * 1.25}rem` }}
          >
            <Icon name={id === top ? 'grid' : 'folder'} />
            <span>{name}</span>
            {id === (from ?? top) && <em>{t('library.here')}</em>}
          </ListBoxItem>
        )}
      </ListBox>
      <DialogActions>
        <Button look="quiet" icon="folderAdd" onPress={() => setNaming(true)}>
          {t('library.newFolder')}
        </Button>
        <Button
          isDisabled={target === (from ?? top)}
          isPending={isPending}
          onPress={move}
          data-testid="move-here"
        >
          {t('library.moveHere')}
        </Button>
      </DialogActions>
      {naming && (
        <NameDialog title={t('library.newFolder')} name="" onName={create} onClose={() => setNaming(false)} />
      )}
    </Dialog>
  );
}
