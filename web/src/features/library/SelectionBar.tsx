import type { Server } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../ui/Button.tsx';
import type { IconName } from '../../ui/Icon.tsx';
import styles from './Library.module.css';
import type { Doing } from './LibraryDialogs.tsx';
import { nothing, type Selection } from './selection.ts';
import type { LibraryActions } from './useLibraryActions.ts';

interface SelectionBarProps {
  readonly server: Server;
  readonly selection: Selection;
  readonly select: (selection: Selection) => void;
  readonly actions: LibraryActions;
  readonly folderId: string | null;
  readonly onDo: (doing: Doing) => void;
}

/** What can be done with all that is chosen; at the lower edge, where a thumb is. */
export function SelectionBar({ selection, select, actions, onDo }: SelectionBarProps) {
  const { t } = useTranslation();
  const ids = [...selection.ids];
  const clear = () => select(nothing);
  const offered: readonly [IconName, string, string, () => void][] = [
    ['move', t('library.moveTo'), 'bulk-move', () => onDo({ what: 'move', ids })],
    ['tag', t('library.tags'), 'bulk-tag', () => onDo({ what: 'tag', ids })],
    [
      'star',
      t('library.addFavorite'),
      'bulk-favorite',
      () => void actions.run(ids, { do: 'favorite', favorite: true }).then(clear),
    ],
    ['trash', t('library.toTrash'), 'bulk-trash', () => void actions.trash(ids).then(clear)],
  ];
  return (
    <Bar count={ids.length} onClear={clear}>
      {offered.map(([icon, label, testId, run]) => (
        <IconButton key={icon} icon={icon} label={label} onPress={run} data-testid={testId} />
      ))}
    </Bar>
  );
}

interface BarProps {
  readonly count: number;
  readonly onClear: () => void;
  readonly children: React.ReactNode;
}

export function Bar({ count, onClear, children }: BarProps) {
  const { t } = useTranslation();
  return (
    <section className={styles.selection} aria-label={t('library.selection')} data-testid="selection">
      <IconButton icon="close" label={t('library.clearSelection')} onPress={onClear} />
      <p aria-live="polite">{t('library.chosen', { count })}</p>
      <div className={styles.selectionActions}>{children}</div>
    </section>
  );
}
