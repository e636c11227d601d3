import { useState } from 'react';
import { VisuallyHidden } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/Button.tsx';
import { warn } from '../../ui/toasts.ts';
import { copyText } from '../sharing/copy.ts';
import styles from './Me.module.css';

/** Something that is shown once and has to be kept elsewhere. */
export function Secret({ value, testId }: { value: string; testId: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    if (await copyText(value)) setCopied(true);
    else warn(t('actions.copyFailed'));
  };
  return (
    <div className={styles.secret}>
      <output data-testid={testId}>{value}</output>
      <Button look="quiet" icon={copied ? 'check' : 'copy'} onPress={copy}>
        {t(copied ? 'actions.copied' : 'actions.copy')}
      </Button>
      <VisuallyHidden aria-live="polite">{copied && t('actions.copied')}</VisuallyHidden>
    </div>
  );
}
