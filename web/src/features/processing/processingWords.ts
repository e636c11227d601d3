import type { Video, VideoJob } from '@ptsdly/contract';
import type { TFunction } from 'i18next';
import { formatPercent, formatTimeLeft } from '../../ui/format.ts';

/** What a job makes. */
export function jobName(t: TFunction, { kind, height }: VideoJob): string {
  return kind === 'rendition' && height !== null
    ? t('processing.renditionOf', { height })
    : t(`processing.kinds.${kind}`);
}

/** How far it is; why it failed, where it has. */
export function jobState(t: TFunction, job: VideoJob, language: string): string {
  if (job.state === 'running') {
    const percent = formatPercent(job.progress, language);
    if (job.secondsLeft === null) return percent;
    return t('processing.left', { percent, time: formatTimeLeft(job.secondsLeft, language) });
  }
  if (job.state === 'failed' && job.failure) return t(`processing.failures.${job.failure.code}`);
  if (job.state === 'queued' && job.failure) {
    return t('processing.again', { reason: t(`processing.failures.${job.failure.code}`) });
  }
  return t(`processing.states.${job.state}`);
}

/** One short line for a card; null when nothing goes on. */
export function processingText(
  t: TFunction,
  { processing, progress }: Video,
  language: string,
): string | null {
  if (processing === 'none') return null;
  if (processing === 'queued' || progress === null) return t('processing.short');
  return t('processing.shortPart', { percent: formatPercent(progress, language) });
}
