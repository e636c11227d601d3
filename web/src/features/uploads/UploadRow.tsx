import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { cx } from '../../ui/cx.ts';
import { formatPercent } from '../../ui/format.ts';
import { Progress } from '../../ui/Progress.tsx';
import { UploadActions } from './UploadActions.tsx';
import styles from './Uploads.module.css';
import { isActive, type UploadItem } from './uploads.ts';
import { uploadWords } from './uploadWords.ts';

export function UploadRow({ item }: { item: UploadItem }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const part = item.size > 0 ? item.sent / item.size : 0;
  return (
    <li className={styles.row} data-testid="upload" data-state={item.state}>
      <div className={styles.names}>
        <p className={styles.file}>
          {item.videoId && item.state === 'done' ? (
            <Link to={`/app/videos/${item.videoId}`}>{item.fileName}</Link>
          ) : (
            item.fileName
          )}
        </p>
        <span className={styles.percent}>{formatPercent(part, language)}</span>
      </div>
      <Progress
        label={item.fileName}
        value={part}
        tone={item.state === 'failed' ? 'bad' : isActive(item) || item.state === 'done' ? 'ember' : 'still'}
        testId="upload-progress"
      />
      <div className={styles.below}>
        <p className={cx(styles.words, item.state === 'failed' && styles.bad)} role="status">
          {uploadWords(t, item, language)}
        </p>
        <UploadActions item={item} />
      </div>
    </li>
  );
}
