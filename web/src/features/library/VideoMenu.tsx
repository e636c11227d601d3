import type { Server, Video } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { originalUrl } from '../../api/media.ts';
import { IconButton } from '../../ui/Button.tsx';
import { Menu, MenuItem } from '../../ui/Menu.tsx';

interface VideoMenuProps {
  readonly server: Server;
  readonly video: Video;
  readonly onDo: (action: 'renaming' | 'sharing' | 'deleting') => void;
}

export function VideoMenu({ server, video, onDo }: VideoMenuProps) {
  const { t } = useTranslation();
  const label = t('library.actionsFor', { title: video.title });
  return (
    <Menu label={label} trigger={<IconButton icon="more" label={label} data-testid="video-menu" />}>
      {video.playable && (
        <MenuItem icon="play" href={`/app/videos/${video.id}`}>
          {t('actions.play')}
        </MenuItem>
      )}
      {!video.failure && (
        <MenuItem icon="share" onAction={() => onDo('sharing')} testId="menu-share">
          {t('actions.share')}
        </MenuItem>
      )}
      <MenuItem icon="edit" onAction={() => onDo('renaming')} testId="menu-rename">
        {t('actions.rename')}
      </MenuItem>
      {video.upload === 'complete' && (
        <MenuItem icon="download" href={originalUrl(server.url, video.id)} download>
          {t('common.download')}
        </MenuItem>
      )}
      <MenuItem icon="trash" danger onAction={() => onDo('deleting')} testId="menu-delete">
        {t('actions.delete')}
      </MenuItem>
    </Menu>
  );
}
