import type { Video } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { formatBytes, formatDuration, formatMoment } from '../../ui/format.ts';
import styles from './VideoPage.module.css';

export function VideoDetails({ video }: { video: Video }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const facts: [string, string][] = [
    [t('video.file'), video.fileName],
    [t('video.size'), formatBytes(video.sizeBytes, language)],
    [t('video.uploaded'), formatMoment(video.createdAt, language)],
  ];
  if (video.duration !== null) facts.push([t('video.duration'), formatDuration(video.duration)]);
  if (video.width && video.height) facts.push([t('video.resolution'), `${video.width} × ${video.height}`]);
  return (
    <section className={styles.details} aria-label={t('video.details')}>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {video.sha256 && (
          <div className={styles.hash}>
            <dt>{t('video.sha256')}</dt>
            <dd>
              <code data-testid="sha256">{video.sha256}</code>
              <span>{t('video.sha256Hint')}</span>
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}
