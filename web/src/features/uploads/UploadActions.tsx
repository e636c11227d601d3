import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '../../ui/Button.tsx';
import { warn } from '../../ui/toasts.ts';
import { accepted } from './chooseFiles.ts';
import { useUploader } from './UploaderContext.ts';
import styles from './Uploads.module.css';
import { isActive, type UploadItem } from './uploads.ts';

export function UploadActions({ item }: { item: UploadItem }) {
  const { t } = useTranslation();
  const uploader = useUploader();
  const { id } = item;
  const active = isActive(item);
  if (item.state === 'done') {
    return <IconButton icon="close" label={t('uploads.clear')} onPress={() => uploader.dismiss(id)} />;
  }
  if (item.state === 'known') {
    return (
      <div className={styles.actions}>
        <Button look="plain" onPress={() => uploader.sendAnyway(id)} data-testid="upload-anyway">
          {t('uploads.anyway')}
        </Button>
        <Button look="quiet" onPress={() => uploader.dismiss(id)} data-testid="upload-skip">
          {t('uploads.skip')}
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.actions}>
      {item.state === 'waiting' && (
        <IconButton
          icon="up"
          label={t('uploads.sooner', { name: item.fileName })}
          onPress={() => uploader.move(id, -1)}
          data-testid="upload-sooner"
        />
      )}
      {(active || item.state === 'paused') && (
        // One button for both, so that it keeps the focus.
        <IconButton
          icon={active ? 'pause' : 'play'}
          label={t(active ? 'uploads.pause' : 'uploads.resume')}
          onPress={() => (active ? uploader.pause(id) : uploader.resume(id))}
          data-testid={active ? 'upload-pause' : 'upload-resume'}
        />
      )}
      {item.state === 'failed' && (
        <IconButton
          icon="retry"
          label={t('uploads.retry')}
          onPress={() => uploader.resume(id)}
          data-testid="upload-retry"
        />
      )}
      {item.state === 'interrupted' && <Reopen item={item} />}
      <IconButton
        icon="close"
        label={t('uploads.cancel')}
        onPress={() => void uploader.cancel(id)}
        data-testid="upload-cancel"
      />
    </div>
  );
}

/** One tap where the browser may open the file again; else the same file is chosen by hand. */
function Reopen({ item }: { item: UploadItem }) {
  const { t } = useTranslation();
  const uploader = useUploader();
  const input = useRef<HTMLInputElement>(null);
  const reopen = async () => {
    if (!item.canReopen || !(await uploader.reopen(item.id))) input.current?.click();
  };
  const choose = ({ currentTarget }: React.ChangeEvent<HTMLInputElement>) => {
    const file = currentTarget.files?.[0];
    currentTarget.value = '';
    if (file && !uploader.reselect(item.id, file)) warn(t('uploads.wrongFile', { name: item.fileName }));
  };
  return (
    <>
      <Button look="quiet" onPress={reopen} data-testid="upload-reopen">
        {t(item.canReopen ? 'uploads.reopen' : 'uploads.choose')}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        accept={accepted}
        onChange={choose}
        data-testid="file-input-again"
      />
    </>
  );
}
