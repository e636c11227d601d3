import { type DragEvent, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../ui/Icon.tsx';
import { droppedFiles } from './chooseFiles.ts';
import styles from './Uploads.module.css';
import type { Pick } from './uploader.ts';

interface DropAreaProps {
  readonly onFiles: (picks: readonly Pick[]) => void;
  readonly children: ReactNode;
}

const carriesFiles = (event: { dataTransfer: DataTransfer | null }) =>
  event.dataTransfer?.types.includes('Files') ?? false;

/** Files may be dropped anywhere on the page; the whole window says so while they hover. */
export function DropArea({ onFiles, children }: DropAreaProps) {
  const { t } = useTranslation();
  const [hovering, setHovering] = useState(false);
  useEffect(() => {
    const enter = (event: globalThis.DragEvent) => carriesFiles(event) && setHovering(true);
    window.addEventListener('dragenter', enter);
    return () => window.removeEventListener('dragenter', enter);
  }, []);
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setHovering(false);
    const picks = await droppedFiles(event.dataTransfer);
    if (picks.length > 0) onFiles(picks);
  };
  return (
    <>
      {children}
      {hovering && (
        // biome-ignore lint/a11y/noStaticElementInteractions: a target for the mouse alone; the button beside the title does the same for everybody
        <div
          className={styles.drop}
          onDragOver={(event) => event.preventDefault()}
          onDragLeave={() => setHovering(false)}
          onDrop={drop}
        >
          <div className={styles.dropWords}>
            <Icon name="upload" size={44} />
            <p className={styles.dropTitle}>{t('library.dropTitle')}</p>
            <p>{t('library.dropText')}</p>
          </div>
        </div>
      )}
    </>
  );
}
