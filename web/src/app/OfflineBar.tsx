import { useTranslation } from 'react-i18next';
import { Icon } from '../ui/Icon.tsx';
import styles from './Shell.module.css';
import { useOnline } from './useOnline.ts';

/** Why nothing comes any more, while the device has no network. */
export function OfflineBar() {
  const { t } = useTranslation();
  const isOnline = useOnline();
  return (
    <div role="status">
      {!isOnline && (
        <p className={styles.offline} data-testid="offline">
          <Icon name="alert" />
          {t('errors.offline')}
        </p>
      )}
    </div>
  );
}
