import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../../ui/cx.ts';
import control from './Control.module.css';
import styles from './KeysHelp.module.css';
import { keyHelp } from './keys.ts';

/** The sheet that tells the keys. */
export function KeysHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={styles.sheet}
      aria-labelledby="keys-title"
      onClose={onClose}
      onKeyDown={(event) => {
        if (event.key === '?') dialog.current?.close();
      }}
      data-testid="keys-help"
    >
      <h2 id="keys-title">{t('player.keys.title')}</h2>
      <dl>
        {keyHelp.map(([name, keys]) => (
          <div key={name}>
            <dt>{t(`player.keys.${name}`)}</dt>
            <dd>
              {keys.map((key) => (key === '…' ? <span key={key}>…</span> : <kbd key={key}>{key}</kbd>))}
            </dd>
          </div>
        ))}
      </dl>
      <button
        type="button"
        className={cx(control.main, styles.close)}
        onClick={() => dialog.current?.close()}
      >
        {t('player.close')}
      </button>
    </dialog>
  );
}
