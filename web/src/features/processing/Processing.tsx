import type { Video, VideoJob } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useCancelJobMutation, useRetryJobMutation } from '../../api/processing.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { IconButton } from '../../ui/Button.tsx';
import { cx } from '../../ui/cx.ts';
import { Progress } from '../../ui/Progress.tsx';
import { warn } from '../../ui/toasts.ts';
import styles from './Processing.module.css';
import { jobName, jobState } from './processingWords.ts';

interface ProcessingProps {
  readonly serverUrl: string;
  readonly video: Video;
}

/** What is made of a video in the background, and what could not be made; nothing when all is done. */
export function Processing({ serverUrl, video }: ProcessingProps) {
  const { t } = useTranslation();
  if (video.jobs.length === 0) return null;
  const isBusy = video.processing !== 'none';
  return (
    <section className={styles.panel} aria-label={t('processing.title')} data-testid="processing">
      <h2>{t(isBusy ? 'processing.title' : 'processing.incomplete')}</h2>
      {video.playable && isBusy && <p>{t('processing.playableAlready')}</p>}
      <ul>
        {video.jobs.map((job) => (
          <Job key={job.id} serverUrl={serverUrl} video={video} job={job} />
        ))}
      </ul>
    </section>
  );
}

function Job({ serverUrl, video, job }: ProcessingProps & { readonly job: VideoJob }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const [retry, retrying] = useRetryJobMutation();
  const [cancel, canceling] = useCancelJobMutation();
  const ref = { serverUrl, id: video.id, job: job.id };
  const name = jobName(t, job);
  const isPending = job.state === 'queued' || job.state === 'running';
  const press = async () => {
    const answer = await (isPending ? cancel(ref) : retry(ref));
    if (answer.error) warn(problemText(t, answer.error));
  };
  return (
    <li className={styles.job} data-testid="job" data-kind={job.kind} data-state={job.state}>
      <div className={styles.words}>
        <span className={styles.name}>{name}</span>
        <span className={cx(styles.state, job.state === 'failed' && styles.failed)}>
          {jobState(t, job, language)}
        </span>
        {job.state === 'running' && <Progress label={name} value={job.progress} />}
      </div>
      <IconButton
        icon={isPending ? 'close' : 'retry'}
        label={t(isPending ? 'processing.cancel' : 'processing.retry', { name })}
        isDisabled={retrying.isLoading || canceling.isLoading}
        onPress={() => void press()}
        data-testid={isPending ? 'job-cancel' : 'job-retry'}
      />
    </li>
  );
}
