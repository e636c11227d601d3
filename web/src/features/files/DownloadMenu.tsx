import type { Video } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useVideoDetailsQuery } from '../../api/library.ts';
import { originalUrl } from '../../api/media.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import buttons from '../../ui/Button.module.css';
import { IconButton } from '../../ui/Button.tsx';
import { formatBytes } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Menu, MenuItem } from '../../ui/Menu.tsx';

/** The original at one tap; a choice where there are smaller sizes. */
export function DownloadMenu({ serverUrl, video }: { serverUrl: string; video: Video }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { data } = useVideoDetailsQuery({ serverUrl, id: video.id });
  const sizes = data?.downloads ?? [];
  const label = t('common.download');
  const original = originalUrl(serverUrl, video.id);
  if (sizes.length === 0) {
    return (
      <a
        href={original}
        download
        className={buttons.icon}
        aria-label={label}
        title={label}
        data-testid="download"
      >
        <Icon name="download" />
      </a>
    );
  }
  return (
    <Menu label={label} trigger={<IconButton icon="download" label={label} data-testid="download-menu" />}>
      <MenuItem icon="download" href={original} download testId="download">
        {t('files.original', { size: formatBytes(video.sizeBytes, language) })}
      </MenuItem>
      {sizes.map(({ height, url }) => (
        <MenuItem key={url} icon="download" href={url} download testId="download-size">
          {`${height}p MP4`}
        </MenuItem>
      ))}
    </Menu>
  );
}
