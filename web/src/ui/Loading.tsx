import { useTranslation } from 'react-i18next';
import styles from './Loading.module.css';

/** Appears only when something takes long enough to be noticed. */
export function Loading({ label }: { label?: string }) {
  const { t } = useTranslation();
  return (
    <div className={styles.loading} role="status">
      <span className={styles.dot} aria-hidden="true" />
      <span>{label ?? t('common.loading')}</span>
    </div>
  );
}
