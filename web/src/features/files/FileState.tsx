import type { VideoDetails } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import {
  useDiscardFormerFileMutation,
  useDiscardReplacementMutation,
  useRestoreFileMutation,
} from '../../api/library.ts';
import type { VideoRef } from '../../api/media.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button } from '../../ui/Button.tsx';
import { formatDate, formatPercent } from '../../ui/format.ts';
import { Progress } from '../../ui/Progress.tsx';
import { say, warn } from '../../ui/toasts.ts';
import { failureText } from '../library/videoState.ts';
import styles from './Files.module.css';

interface FileStateProps extends VideoRef {
  readonly details: Pick<VideoDetails, 'replacement' | 'former'>;
}

/** What becomes of a video's file: one that is to take its place, and the one that stood there before. */
export function FileState({ details: { replacement, former }, ...ref }: FileStateProps) {
  return (
    <>
      {replacement && <Replacement {...ref} replacement={replacement} />}
      {former && !replacement && <Former {...ref} former={former} />}
    </>
  );
}

type ReplacementProps = VideoRef & { replacement: NonNullable<VideoDetails['replacement']> };

function Replacement({ replacement, ...ref }: ReplacementProps) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const [discard, { isLoading }] = useDiscardReplacementMutation();
  const { fileName: name, receivedBytes, sizeBytes, failure } = replacement;
  const part = sizeBytes > 0 ? receivedBytes / sizeBytes : 0;
  const words = t('files.arriving', { name, percent: formatPercent(part, language) });
  return (
    <section className={styles.state} aria-label={t('files.replace')} data-testid="replacement">
      {failure ? (
        <p role="alert">
          {t('files.refused', { name })} {failureText(t, failure)}
        </p>
      ) : (
        <div className={styles.arriving}>
          <p>{words}</p>
          <Progress label={name} value={part} />
        </div>
      )}
      <Button
        look="quiet"
        isPending={isLoading}
        onPress={() => void discard(ref)}
        data-testid="replacement-discard"
      >
        {t(failure ? 'actions.close' : 'files.giveUp')}
      </Button>
    </section>
  );
}

type FormerProps = VideoRef & { former: NonNullable<VideoDetails['former']> };

function Former({ former, ...ref }: FormerProps) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const [restore, { isLoading }] = useRestoreFileMutation();
  const [discard] = useDiscardFormerFileMutation();
  const goBack = async () => {
    const { error } = await restore(ref);
    if (error) warn(problemText(t, error));
    else say(t('files.restored'));
  };
  return (
    <section className={styles.state} aria-label={t('files.replace')} data-testid="former">
      <p>{t('files.former', { name: former.fileName, date: formatDate(former.keptUntil, language) })}</p>
      <div className={styles.actions}>
        <Button look="plain" icon="retry" isPending={isLoading} onPress={goBack} data-testid="former-restore">
          {t('files.restore')}
        </Button>
        <Button look="quiet" onPress={() => void discard(ref)} data-testid="former-discard">
          {t('files.discard')}
        </Button>
      </div>
    </section>
  );
}
