import { Meter as AriaMeter, ProgressBar } from 'react-aria-components';
import { cx } from './cx.ts';
import styles from './Progress.module.css';

interface ProgressProps {
  readonly label: string;
  /** 0 to 1. */
  readonly value: number;
  readonly tone?: 'ember' | 'still' | 'bad';
  readonly testId?: string;
}

export function Progress({ label, value, tone = 'ember', testId }: ProgressProps) {
  return (
    <ProgressBar
      aria-label={label}
      value={value}
      maxValue={1}
      className={cx(styles.track, styles[tone])}
      data-testid={testId}
    >
      <span className={styles.bar} style={{ transform: `scaleX(${value})` }} />
    </ProgressBar>
  );
}

export function Meter({ label, value, valueText }: { label: string; value: number; valueText: string }) {
  return (
    <AriaMeter
      aria-label={label}
      value={Math.round(value * 1e4) / 1e4}
      maxValue={1}
      valueLabel={valueText}
      className={cx(styles.track, styles.meter, value > 0.9 && styles.bad)}
    >
      <span className={styles.bar} style={{ transform: `scaleX(${Math.min(1, value)})` }} />
    </AriaMeter>
  );
}
