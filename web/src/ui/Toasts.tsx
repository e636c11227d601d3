import {
  Button as AriaButton,
  Text,
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastRegion as ToastRegion,
  UNSTABLE_ToastContent as ToastWords,
} from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { IconButton } from './Button.tsx';
import { cx } from './cx.ts';
import { Icon } from './Icon.tsx';
import styles from './Toasts.module.css';
import { toasts } from './toasts.ts';

/** Short words about what has just happened; screen readers hear them too. */
export function Toasts() {
  const { t } = useTranslation();
  return (
    <ToastRegion queue={toasts} className={styles.region!}>
      {({ toast }) => (
        <Toast toast={toast} className={cx(styles.toast, styles[toast.content.tone])}>
          <Icon name={toast.content.tone === 'good' ? 'check' : 'alert'} />
          <ToastWords className={styles.words!}>
            <Text slot="title" className={styles.text} data-testid="toast">
              {toast.content.text}
            </Text>
          </ToastWords>
          {toast.content.action && (
            <AriaButton
              className={styles.action!}
              data-testid="toast-action"
              onPress={() => {
                toast.content.action?.run();
                toasts.close(toast.key);
              }}
            >
              {toast.content.action.label}
            </AriaButton>
          )}
          <IconButton slot="close" icon="close" label={t('actions.dismiss')} />
        </Toast>
      )}
    </ToastRegion>
  );
}
