import type { BulkAction } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import {
  useBulkMutation,
  useChangeFolderMutation,
  useRestoreFolderMutation,
  useTrashFolderMutation,
} from '../../api/library.ts';
import type { AnyProblem } from '../../api/problem.ts';
import { problemText } from '../../i18n/problemText.ts';
import { offer, say, warn } from '../../ui/toasts.ts';

/** What one does with videos and folders, and the words that say so; what can be undone offers it. */
export function useLibraryActions(serverUrl: string) {
  const { t } = useTranslation();
  const [bulk] = useBulkMutation();
  const [trashFolder] = useTrashFolderMutation();
  const [restoreFolder] = useRestoreFolderMutation();
  const [changeFolder] = useChangeFolderMutation();
  const complain = (problem: AnyProblem) => warn(problemText(t, problem));

  /** True when it was done for at least one; what failed is told. */
  const run = async (ids: readonly string[], action: BulkAction): Promise<boolean> => {
    const { data, error } = await bulk({ serverUrl, ids, action });
    if (error) complain(error);
    const failed = data?.find(({ problem }) => problem !== null)?.problem;
    if (failed) warn(t(`problems.${failed.code}`));
    return data?.some(({ problem }) => problem === null) ?? false;
  };

  return {
    run,
    async trash(ids: readonly string[]) {
      if (!(await run(ids, { do: 'trash' }))) return;
      const undo = () => void run(ids, { do: 'restore' });
      offer(t('library.trashed', { count: ids.length }), { label: t('actions.undo'), run: undo });
    },
    async restore(ids: readonly string[]) {
      if (await run(ids, { do: 'restore' })) say(t('library.restored', { count: ids.length }));
    },
    /** `from` is the place to which undoing leads. */
    async move(ids: readonly string[], folderId: string | null, from: string | null) {
      if (ids.length === 0 || !(await run(ids, { do: 'move', folderId }))) return;
      const undo = () => void run(ids, { do: 'move', folderId: from });
      offer(t('library.moved', { count: ids.length }), { label: t('actions.undo'), run: undo });
    },
    async moveFolder(id: string, parentId: string | null) {
      if (id === parentId) return;
      const { error } = await changeFolder({ serverUrl, id, parentId });
      if (error) complain(error);
    },
    async restoreFolder(id: string, name: string) {
      const { error } = await restoreFolder({ serverUrl, id });
      if (error) complain(error);
      else say(t('trash.folderRestored', { name }));
    },
    async trashFolder(id: string, name: string) {
      const { error } = await trashFolder({ serverUrl, id });
      if (error) return complain(error);
      const undo = async () => {
        const answer = await restoreFolder({ serverUrl, id });
        if (answer.error) complain(answer.error);
      };
      offer(t('library.folderTrashed', { name }), { label: t('actions.undo'), run: () => void undo() });
    },
  };
}

export type LibraryActions = ReturnType<typeof useLibraryActions>;
