import type { ProblemCode } from '@ptsdly/contract';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiProblem } from '../../api/problem.ts';
import { problemText } from '../../i18n/problemText.ts';
import { formatMoment } from '../../ui/format.ts';
import { Icon, type IconName } from '../../ui/Icon.tsx';
import { Mark } from '../../ui/Logo.tsx';
import styles from './Watch.module.css';

const titled = [
  'not_found',
  'not_open_yet',
  'link_revoked',
  'link_expired',
  'link_used_up',
  'taken_down',
  'server_not_ready',
  'not_playable_yet',
  'not_playable',
  'rate_limited',
  'unavailable',
] as const satisfies readonly ProblemCode[];

const hints: Partial<Record<ProblemCode, 'not_found' | 'ask' | 'later' | 'not_playable'>> = {
  not_found: 'not_found',
  not_open_yet: 'later',
  link_revoked: 'ask',
  link_expired: 'ask',
  link_used_up: 'ask',
  session_ended: 'ask',
  not_playable: 'not_playable', // a friend has no original to fall back to
};

/** Their titles say it all. */
const told: readonly ProblemCode[] = [
  'not_found',
  'not_open_yet',
  'link_expired',
  'link_used_up',
  'not_playable',
];

/** Trying again can help with these; the others have been decided. */
const passing: readonly ProblemCode[] = [
  'rate_limited',
  'unavailable',
  'internal',
  'grant_invalid',
  'session_invalid',
  'not_playable',
];

interface WatchMessageProps {
  /** Without one: the owner has ended what was playing. */
  readonly problem?: ApiProblem;
  readonly isWaiting?: boolean;
  readonly onRetry?: () => void;
}

/** Why nothing plays, said so that a friend understands it. */
export function WatchMessage({ problem, isWaiting, onRetry }: WatchMessageProps) {
  const { t, i18n } = useTranslation();
  const code = problem?.code ?? 'session_ended';
  const known = titled.find((one) => one === code) ?? 'other';
  const hint = isWaiting ? 'wait' : hints[code];
  const opensAt = useOpening(problem);
  return (
    <section
      className={styles.message}
      role={isWaiting ? 'status' : 'alert'}
      data-testid="watch-message"
      data-code={code}
    >
      <span className={styles.badge}>
        {isWaiting ? <Mark size={40} /> : <Icon name={iconOf(code)} size={34} />}
      </span>
      <h1>{t(problem ? `watch.titles.${known}` : 'watch.endedTitle')}</h1>
      {!told.includes(code) && <p>{problem ? problemText(t, problem) : t('watch.endedByOwner')}</p>}
      {opensAt && (
        <p data-testid="opens-at">
          {t('watch.hints.opensAt', { date: formatMoment(opensAt, i18n.language) })}
        </p>
      )}
      {hint && <p>{t(`watch.hints.${hint}`)}</p>}
      {onRetry && passing.includes(code) && (
        <button type="button" className={styles.button} onClick={onRetry}>
          {t('common.retry')}
        </button>
      )}
    </section>
  );
}

/** When a link opens that is not open yet, to the minute (ISO 8601). */
function useOpening(problem: ApiProblem | undefined): string | undefined {
  return useMemo(() => {
    if (problem?.code !== 'not_open_yet' || problem.retryAfter === undefined) return undefined;
    const minute = 60_000;
    return new Date(Math.round((Date.now() + problem.retryAfter * 1000) / minute) * minute).toISOString();
  }, [problem]);
}

function iconOf(code: ProblemCode): IconName {
  if (code === 'link_revoked' || code === 'session_ended' || code === 'taken_down') return 'stop';
  return code === 'not_found' ? 'link' : 'alert';
}
