import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { type AnyProblem, toApiProblem } from '../api/problem.ts';
import { problemText } from '../i18n/problemText.ts';
import { Button } from './Button.tsx';
import { cx } from './cx.ts';
import { Icon, type IconName } from './Icon.tsx';
import styles from './Notice.module.css';

interface ProblemNoticeProps {
  readonly problem: AnyProblem;
  /** Where asking once more may help. */
  readonly onRetry?: () => unknown;
  readonly children?: ReactNode;
}

/** What went wrong, next to where it happened. */
export function ProblemNotice({ problem: given, onRetry, children }: ProblemNoticeProps) {
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
      {onRetry && (
        <Button look="quiet" onPress={() => void onRetry()}>
          {t('common.retry')}
        </Button>
      )}
      {children}
    </div>
  );
}

interface NoticeProps {
  readonly icon?: 'info' | 'alert';
  readonly children: ReactNode;
  readonly testId?: string;
}

/** Something to know that is nobody's fault; what stopped somebody on the way is an `alert`. */
export function Notice({ icon = 'info', children, testId }: NoticeProps) {
  return (
    <div
      role={icon === 'alert' ? 'alert' : 'status'}
      className={cx(styles.problem, styles.calm)}
      data-testid={testId}
    >
      <Icon name={icon} />
      <p>{children}</p>
    </div>
  );
}

interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  readonly text?: string;
  readonly tone?: 'calm' | 'bad';
  /** It is all there is on the page, whose heading it then has. */
  readonly isPage?: boolean;
  readonly children?: ReactNode;
}

export function EmptyState({ icon, title, text, tone = 'calm', isPage, children }: EmptyStateProps) {
  const Heading = isPage ? 'h1' : 'h2';
  return (
    <div className={styles.empty}>
      <span className={cx(styles.badge, tone === 'bad' && styles.bad)}>
        <Icon name={icon} size={30} />
      </span>
      <Heading className={styles.title}>{title}</Heading>
      {text && <p className={styles.text}>{text}</p>}
      {children && <div className={styles.actions}>{children}</div>}
    </div>
  );
}
