import styles from './Logo.module.css';

/** A play sign, and the dot of `.ly` beside it. */
export function Mark({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className={styles.tile} width="32" height="32" rx="9" />
      <path
        className={styles.sign}
        d="M10.2 8.6c0-1.5 1.6-2.4 2.9-1.7l10.3 6.2c1.2.7 1.2 2.5 0 3.2l-10.3 6.2c-1.3.8-2.9-.1-2.9-1.6z"
      />
      <circle className={styles.dot} cx="23.6" cy="24" r="3.2" />
    </svg>
  );
}

export function Logo() {
  return (
    <span className={styles.logo}>
      <Mark />
      <span className={styles.word}>
        PTSD<span className={styles.point}>.</span>ly
      </span>
    </span>
  );
}
