import type { Link } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/Button.tsx';
import styles from './Sharing.module.css';

/** The address for a camera: shown when it is wanted, as large as a phone can read from another's hand. */
export function QrCode({ link }: { link: Link }) {
  const { t } = useTranslation();
  const [isShown, setShown] = useState(false);
  const segment = encodeURIComponent(link.alias ?? link.code);
  return (
    <div className={styles.qr}>
      <Button look="quiet" onPress={() => setShown(!isShown)} aria-expanded={isShown} data-testid="show-qr">
        {t(isShown ? 'share.qrHide' : 'share.qrShow')}
      </Button>
      {isShown && (
        <>
          <img
            className={styles.qrPicture}
            src={`/api/links/${segment}/qr.svg`}
            alt={t('share.qrAlt', { url: link.url })}
            width={220}
            height={220}
            data-testid="qr"
          />
          <p className={styles.qrFiles}>
            <a href={`/api/links/${segment}/qr.png`} download={`${link.alias ?? link.code}.png`}>
              PNG
            </a>
            <a href={`/api/links/${segment}/qr.svg`} download={`${link.alias ?? link.code}.svg`}>
              SVG
            </a>
          </p>
        </>
      )}
    </div>
  );
}
