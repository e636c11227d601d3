import { useTranslation } from 'react-i18next';
import { Icon } from '../../ui/Icon.tsx';
import styles from './Landing.module.css';

/** An evening at the sea, as it plays on somebody's own server; drawn, so that nothing is fetched for it. */
export function Scene() {
  const { t } = useTranslation();
  return (
    <div className={styles.scene} aria-hidden="true">
      <div className={styles.screen}>
        <svg viewBox="0 0 640 400" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
          <defs>
            <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
              <stop offset="0" stopColor="#3a2654" />
              <stop offset="0.45" stopColor="#96466a" />
              <stop offset="0.78" stopColor="#f08457" />
              <stop offset="1" stopColor="#ffc98b" />
            </linearGradient>
            <linearGradient id="sea" x1="0" y1="0" x2="0" y2="1">
              <stop offset="0" stopColor="#d9735a" />
              <stop offset="1" stopColor="#46244e" />
            </linearGradient>
          </defs>
          <rect width="640" height="262" fill="url(#sky)" />
          <circle cx="404" cy="226" r="50" fill="#ffe3b3" />
          <path d="M0 236c70-52 118-64 176-34 46 24 92 18 148 60H0z" fill="#5b2f5a" />
          <path d="M640 222c-52-30-96-26-140 4-24 16-46 26-70 36h210z" fill="#6d385f" />
          <rect y="262" width="640" height="138" fill="url(#sea)" />
          <g fill="#ffdcae">
            <rect x="350" y="270" width="108" height="4" rx="2" opacity="0.9" />
            <rect x="368" y="284" width="84" height="4" rx="2" opacity="0.7" />
            <rect x="338" y="300" width="120" height="4" rx="2" opacity="0.45" />
            <rect x="376" y="318" width="70" height="4" rx="2" opacity="0.35" />
          </g>
          <path d="M196 292h66l-12 20h-44z" fill="#2c1536" />
          <path d="M228 288v-58c22 12 34 32 36 54z" fill="#fbeee6" />
          <path d="M223 288v-44c-12 12-18 26-20 42z" fill="#f3cdb6" />
        </svg>
        <span className={styles.sign}>
          <Icon name="play" size={30} />
        </span>
        <div className={styles.controls}>
          <span className={styles.time}>0:42</span>
          <span className={styles.track}>
            <span />
          </span>
          <span className={styles.time}>3:08</span>
        </div>
      </div>
      <p className={styles.upload}>
        <Icon name="check" size={18} />
        <span>
          <strong>{t('landing.scene.title')}.mp4</strong>
          {t('landing.scene.ready')}
        </span>
      </p>
      <p className={styles.url}>
        <Icon name="link" size={18} />
        ptsd.ly/8hQv3Zk2TmWa
      </p>
    </div>
  );
}
