import type { Link } from '@ptsdly/contract';
import { useState } from 'react';
import { VisuallyHidden } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/Button.tsx';
import { warn } from '../../ui/toasts.ts';
import { copyText } from './copy.ts';
import { QrCode } from './QrCode.tsx';
import styles from './Sharing.module.css';

/** The address, large enough to be read aloud. */
export function ShortUrl({ link, title }: { link: Link; title: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState<string>();
  const copy = async () => {
    if (await copyText(link.url)) setCopied(link.url);
    else warn(t('actions.copyFailed'));
  };
  const send = () => navigator.share({ title, url: link.url }).catch(() => undefined);
  const isCopied = copied === link.url;
  return (
    <div className={styles.main}>
      <output className={styles.url} data-testid="short-url" data-url={link.url}>
        {decodeURI(link.url.replace(/^https?:\/\//, ''))}
      </output>
      <div className={styles.buttons}>
        <Button size="l" icon={isCopied ? 'check' : 'copy'} onPress={copy} data-testid="copy-url">
          {t(isCopied ? 'actions.copied' : 'actions.copy')}
        </Button>
        {'share' in navigator && (
          <Button size="l" look="quiet" icon="share" onPress={send}>
            {t('share.send')}
          </Button>
        )}
      </div>
      <p className={styles.hint}>{t('share.ready')}</p>
      <QrCode link={link} />
      <VisuallyHidden aria-live="polite">{isCopied && t('actions.copied')}</VisuallyHidden>
    </div>
  );
}
