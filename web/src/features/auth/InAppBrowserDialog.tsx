import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/Button.tsx';
import { Dialog, DialogActions } from '../../ui/Dialog.tsx';
import { say, warn } from '../../ui/toasts.ts';
import { copyText } from '../sharing/copy.ts';
import styles from './Auth.module.css';
import { systemBrowserUrl } from './inAppBrowser.ts';

/** The way out of an app's own browser, in which Google signs nobody in. */
export function InAppBrowserDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const outside = systemBrowserUrl(navigator.userAgent, location.href);
  const copy = async () => {
    if (await copyText(location.href)) say(t('actions.copied'));
    else warn(t('actions.copyFailed'));
  };
  return (
    <Dialog title={t('inApp.title')} isOpen={isOpen} onClose={onClose}>
      <p>{t('inApp.text')}</p>
      <p className={styles.note}>{t('inApp.hint')}</p>
      <DialogActions>
        <Button look="quiet" icon="copy" onPress={copy}>
          {t('inApp.copy')}
        </Button>
        {outside && (
          <Button icon="external" onPress={() => location.assign(outside)} data-testid="open-outside">
            {t('inApp.open')}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}
