import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '../../ui/Button.tsx';
import { accepted, filePicker } from './chooseFiles.ts';
import { filesOfInput, folderPicker } from './folderPicks.ts';
import { useUploads } from './UploaderContext.ts';
import type { Pick } from './uploader.ts';

interface FileButtonProps {
  readonly serverUrl: string;
  /** Where the files go. */
  readonly folderId: string | null;
}

/** Opens the browser's file dialog; the one that lets an upload go on after a reload, where there is one. */
export function FileButton({ serverUrl, folderId }: FileButtonProps) {
  const { t } = useTranslation();
  const uploads = useUploads();
  const input = useRef<HTMLInputElement>(null);
  const choose = async () => {
    const pick = filePicker();
    if (!pick) return input.current?.click();
    await uploads.add(serverUrl, await pick(), folderId);
  };
  const add = async ({ currentTarget }: React.ChangeEvent<HTMLInputElement>) => {
    const picks = [...(currentTarget.files ?? [])].map((file) => ({ file }));
    currentTarget.value = '';
    await uploads.add(serverUrl, picks, folderId);
  };
  return (
    <>
      <Button icon="upload" onPress={choose} data-testid="upload-button">
        {t('library.add')}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={accepted}
        onChange={add}
        data-testid="file-input"
      />
    </>
  );
}

/** The same for a whole folder, whose own folders are kept; not where a finger points, as phones have no such dialog. */
export function FolderButton({ serverUrl, folderId }: FileButtonProps) {
  const { t } = useTranslation();
  const uploads = useUploads();
  const input = useRef<HTMLInputElement>(null);
  if (!('webkitdirectory' in HTMLInputElement.prototype) || matchMedia('(pointer: coarse)').matches)
    return null;
  const add = async (picks: readonly Pick[]) => {
    if (picks.length > 0) await uploads.add(serverUrl, picks, folderId);
  };
  const choose = async () => {
    const pick = folderPicker();
    if (!pick) return input.current?.click();
    await add(await pick());
  };
  return (
    <>
      <IconButton icon="folderUp" label={t('uploads.folder')} onPress={choose} data-testid="upload-folder" />
      <input
        ref={(element) => {
          input.current = element;
          element?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        multiple
        onChange={({ currentTarget }) => {
          const picks = filesOfInput(currentTarget.files);
          currentTarget.value = '';
          void add(picks);
        }}
        data-testid="folder-input"
      />
    </>
  );
}
