import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/Button.tsx';
import { accepted, filePicker } from './chooseFiles.ts';
import { useUploader } from './UploaderContext.ts';

/** Opens the browser's file dialog; the one that lets an upload go on after a reload, where there is one. */
export function FileButton({ serverUrl }: { serverUrl: string }) {
  const { t } = useTranslation();
  const uploader = useUploader();
  const input = useRef<HTMLInputElement>(null);
  const choose = async () => {
    const pick = filePicker();
    if (!pick) return input.current?.click();
    await uploader.add(serverUrl, await pick());
  };
  const add = async ({ currentTarget }: React.ChangeEvent<HTMLInputElement>) => {
    const picks = [...(currentTarget.files ?? [])].map((file) => ({ file }));
    currentTarget.value = '';
    await uploader.add(serverUrl, picks);
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
