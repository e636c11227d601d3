import type { Video } from '@ptsdly/contract';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { accepted, filePicker } from '../uploads/chooseFiles.ts';
import { useUploads } from '../uploads/UploaderContext.ts';
import type { Pick } from '../uploads/uploader.ts';
import styles from './Files.module.css';

interface ReplaceDialogProps {
  readonly serverUrl: string;
  readonly video: Video;
  readonly onClose: () => void;
}

/** Says what replacing a file means, and takes the new one; it arrives like every upload. */
export function ReplaceDialog({ serverUrl, video, onClose }: ReplaceDialogProps) {
  const { t } = useTranslation();
  const uploads = useUploads();
  const input = useRef<HTMLInputElement>(null);
  const take = (pick: Pick | undefined) => {
    if (!pick) return;
    void uploads.replace(serverUrl, video.id, pick);
    onClose();
  };
  const choose = async () => {
    const pick = filePicker();
    if (pick) take((await pick())[0]);
    else input.current?.click();
  };
  return (
    <Dialog title={t('files.replaceTitle')} isOpen onClose={onClose}>
      <p className={styles.name}>{video.fileName}</p>
      <p>{t('files.replaceLead')}</p>
      <p className={styles.quiet}>{t('files.replaceKept')}</p>
      <DialogActions>
        <Button look="quiet" onPress={onClose}>
          {t('actions.cancel')}
        </Button>
        <Button icon="upload" onPress={choose} data-testid="replace-choose">
          {t('files.choose')}
        </Button>
      </DialogActions>
      <input
        ref={input}
        type="file"
        hidden
        accept={accepted}
        aria-label={t('files.choose')}
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          take(file && { file });
        }}
        data-testid="replace-input"
      />
    </Dialog>
  );
}
