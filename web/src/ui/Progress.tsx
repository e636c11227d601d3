import { ProgressBar } from 'react-aria-components';
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
