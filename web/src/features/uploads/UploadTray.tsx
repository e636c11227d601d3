import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppSelector } from '../../store/store.ts';
import { IconButton } from '../../ui/Button.tsx';
import { useUploader } from './UploaderContext.ts';
import { UploadRow } from './UploadRow.tsx';
import styles from './Uploads.module.css';
import { isActive, selectElsewhere, selectUploads } from './uploads.ts';

const stayFor = 8000;

/** Stays in its corner while one walks from page to page. */
export function UploadTray() {
  const { t } = useTranslation();
  const items = useAppSelector(selectUploads);
  const elsewhere = useAppSelector(selectElsewhere);
  const uploader = useUploader();
  const [open, setOpen] = useState(true);
  const allDone = items.length > 0 && items.every((item) => item.state === 'done');
  useLeave(allDone);
  if (items.length === 0 && elsewhere.length === 0) return null;
  const active = items.filter(isActive).length;
  const attention = items.some(({ state }) => ['interrupted', 'failed', 'known'].includes(state));
  const quiet = allDone ? 'allDone' : attention ? 'attention' : 'title';
  const isPaused = items.some(({ state }) => state === 'paused');
  const summary = active > 0 ? t('uploads.summary', { count: active }) : t(`uploads.${quiet}`);
  return (
    <section className={styles.tray} aria-label={t('uploads.title')} data-testid="upload-tray">
      <header className={styles.trayHead}>
        <h2 aria-live="polite">{summary}</h2>
        {items.length > 1 && (active > 0 || isPaused) && (
          <IconButton
            icon={active > 0 ? 'pause' : 'play'}
            label={t(active > 0 ? 'uploads.pauseAll' : 'uploads.resumeAll')}
            onPress={() => (active > 0 ? uploader.pauseAll() : uploader.resumeAll())}
            data-testid="uploads-all"
          />
        )}
        <IconButton
          icon={open ? 'down' : 'up'}
          label={t(open ? 'uploads.collapse' : 'uploads.expand')}
          aria-expanded={open}
          onPress={() => setOpen(!open)}
        />
      </header>
      {open && (
        <ul className={styles.rows}>
          {items.map((item) => (
            <UploadRow key={item.id} item={item} />
          ))}
          {elsewhere.length > 0 && (
            <li className={styles.elsewhere} data-testid="uploads-elsewhere">
              {t('uploads.elsewhere', { count: elsewhere.length })}
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

/** What is done is in the library; after a while its row has nothing more to say. */
function useLeave(allDone: boolean) {
  const uploader = useUploader();
  useEffect(() => {
    if (!allDone) return;
    const timer = setTimeout(() => uploader.dismissDone(), stayFor);
    return () => clearTimeout(timer);
  }, [allDone, uploader]);
}
