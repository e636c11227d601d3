import type { Folder, Server, Video } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useChangeFolderMutation, useCreateFolderMutation } from '../../api/library.ts';
import { ReplaceDialog } from '../files/ReplaceDialog.tsx';
import { ShareDialog } from '../sharing/ShareDialog.tsx';
import { DetailsDialog } from './DetailsDialog.tsx';
import { subtreeOf } from './folderPath.ts';
import { MoveDialog } from './MoveDialog.tsx';
import { NameDialog } from './NameDialog.tsx';
import { TagDialog } from './TagDialog.tsx';
import type { LibraryActions } from './useLibraryActions.ts';

/** What somebody is about to do, in a dialog of its own. */
export type Doing =
  | { readonly what: 'share' | 'details' | 'replace'; readonly video: Video }
  | { readonly what: 'move' | 'tag'; readonly ids: readonly string[] }
  | { readonly what: 'rename-folder' | 'move-folder'; readonly folder: Folder }
  | { readonly what: 'new-folder' };

interface LibraryDialogsProps {
  readonly server: Server;
  readonly folders: readonly Folder[];
  readonly folderId: string | null;
  readonly actions: LibraryActions;
  readonly doing: Doing | null;
  readonly onClose: () => void;
  /** What was selected has been dealt with. */
  readonly onDone: () => void;
}

export function LibraryDialogs(props: LibraryDialogsProps) {
  const { server, folders, folderId, actions, doing, onClose, onDone } = props;
  const { t } = useTranslation();
  const [createFolder] = useCreateFolderMutation();
  const [changeFolder] = useChangeFolderMutation();
  const serverUrl = server.url;
  switch (doing?.what) {
    case undefined:
      return null;
    case 'share':
      return <ShareDialog serverId={server.id} video={doing.video} isOpen onClose={onClose} />;
    case 'details':
      return <DetailsDialog server={server} video={doing.video} onClose={onClose} />;
    case 'replace':
      return <ReplaceDialog serverUrl={serverUrl} video={doing.video} onClose={onClose} />;
    case 'tag':
      return <TagDialog serverUrl={serverUrl} ids={doing.ids} actions={actions} onClose={onClose} />;
    case 'new-folder':
      return (
        <NameDialog
          title={t('library.newFolder')}
          name=""
          onName={async (name) => (await createFolder({ serverUrl, name, parentId: folderId })).error}
          onClose={onClose}
        />
      );
    case 'rename-folder':
      return (
        <NameDialog
          title={t('library.renameFolder')}
          name={doing.folder.name}
          onName={async (name) => (await changeFolder({ serverUrl, id: doing.folder.id, name })).error}
          onClose={onClose}
        />
      );
    case 'move-folder':
      return (
        <MoveDialog
          {...{ serverUrl, folders, onClose }}
          from={doing.folder.parentId}
          closed={subtreeOf(folders, doing.folder.id)}
          onMove={(target) => actions.moveFolder(doing.folder.id, target)}
        />
      );
    case 'move':
      return (
        <MoveDialog
          {...{ serverUrl, folders, onClose }}
          from={folderId}
          onMove={async (target) => {
            await actions.move(doing.ids, target, folderId);
            onDone();
          }}
        />
      );
  }
}
