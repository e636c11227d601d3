import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { type AnyProblem, toApiProblem } from '../api/problem.ts';
import { problemText } from '../i18n/problemText.ts';
import { cx } from './cx.ts';
import { Icon, type IconName } from './Icon.tsx';
import styles from './Notice.module.css';

interface ProblemNoticeProps {
  readonly problem: AnyProblem;
  readonly children?: ReactNode;
}

/** What went wrong, next to where it happened. */
export function ProblemNotice({ problem: given, children }: ProblemNoticeProps) {
  const { t } = useTranslation();
  const problem = toApiProblem(given);
  return (
    <div role="alert" className={styles.problem} data-testid="problem" data-code={problem.code}>
      <Icon name="alert" />
      <div>
        <p>{problemText(t, problem)}</p>
        {problem.status >= 500 && problem.requestId && (
          <p className={styles.reference}>{t('errors.requestId', { id: problem.requestId })}</p>
        )}
      </div>
      {children}
    </div>
  );
}

/** Something to know that is nobody's fault. */
export function Notice({ children, testId }: { children: ReactNode; testId?: string }) {
  return (
    <div role="alert" className={cx(styles.problem, styles.calm)} data-testid={testId}>
      <Icon name="alert" />
      <p>{children}</p>
    </div>
  );
}

interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  readonly text?: string;
  readonly tone?: 'calm' | 'bad';
  readonly children?: ReactNode;
}

export function EmptyState({ icon, title, text, tone = 'calm', children }: EmptyStateProps) {
  return (
    <div className={styles.empty}>
      <span className={cx(styles.badge, tone === 'bad' && styles.bad)}>
        <Icon name={icon} size={30} />
      </span>
      <h2 className={styles.title}>{title}</h2>
      {text && <p className={styles.text}>{text}</p>}
      {children && <div className={styles.actions}>{children}</div>}
    </div>
  );
}
