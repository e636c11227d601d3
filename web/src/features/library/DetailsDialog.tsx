import type { Server, Video } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useFoldersQuery, useVideoDetailsQuery } from '../../api/library.ts';
import { useLinksQuery } from '../../api/links.ts';
import { useVideoQuery } from '../../api/media.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Dialog } from '../../ui/Dialog.tsx';
import { formatBytes, formatDuration, formatMoment } from '../../ui/format.ts';
import { ChapterEditor, keyOf } from '../chapters/ChapterEditor.tsx';
import { FileState } from '../files/FileState.tsx';
import { DescriptionForm } from './DescriptionForm.tsx';
import styles from './Dialogs.module.css';
import { pathTo } from './folderPath.ts';
import { SubtitleList } from './SubtitleList.tsx';

interface DetailsDialogProps {
  readonly server: Server;
  readonly video: Video;
  readonly onClose: () => void;
}

/** All that is known of a video, and what its owner adds to it. */
export function DetailsDialog({ server, video: known, onClose }: DetailsDialogProps) {
  const ref = { serverUrl: server.url, id: known.id };
  const { data: video = known } = useVideoQuery(ref);
  const { data: details } = useVideoDetailsQuery(ref);
  return (
    <Dialog title={video.title} isOpen onClose={onClose}>
      <DescriptionForm serverUrl={server.url} video={video} />
      <Facts server={server} video={video} codecs={details?.tracks.map(({ codec }) => codec) ?? []} />
      {details && <FileState {...ref} details={details} />}
      <SubtitleList {...ref} subtitles={details?.subtitles ?? []} />
      {details && <ChapterEditor key={keyOf(details.chapters)} {...ref} {...{ video, details }} />}
    </Dialog>
  );
}

interface FactsProps {
  readonly server: Server;
  readonly video: Video;
  readonly codecs: readonly string[];
}

function Facts({ server, video, codecs }: FactsProps) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { data: folders = [] } = useFoldersQuery(server.url);
  const { data: links } = useLinksQuery(video.id);
  const place = pathTo(folders, video.folderId).map(({ name }) => name);
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    [t('video.file'), video.fileName],
    [t('library.place'), [t('library.top'), ...place].join(' › ')],
    [t('video.size'), formatBytes(video.sizeBytes, language)],
    [t('video.duration'), video.duration === null ? null : formatDuration(video.duration)],
    [t('video.resolution'), video.width && video.height ? `${video.width} × ${video.height}` : null],
    [t('library.codecs'), codecs.join(', ')],
    [t('library.tags'), video.tags.join(', ')],
    [t('video.uploaded'), formatMoment(video.createdAt, language)],
    [t('library.watched'), video.playedAt && formatMoment(video.playedAt, language)],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => value && <Fact key={name} name={name} value={value} />)}
      <div>
        <dt>{t('library.links')}</dt>
        <dd>
          <Link to={`/app/videos/${video.id}`}>{t('library.linkCount', { count: links?.length ?? 0 })}</Link>
        </dd>
      </div>
      {video.sha256 && (
        <div className={styles.hash}>
          <dt>{t('video.sha256')}</dt>
          <dd>
            <code>{video.sha256}</code>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
