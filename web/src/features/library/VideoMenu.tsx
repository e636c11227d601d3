import type { Server, Video } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { originalUrl } from '../../api/media.ts';
import { IconButton } from '../../ui/Button.tsx';
import { Menu, MenuItem } from '../../ui/Menu.tsx';
import type { CellActs } from './grid.ts';

export interface VideoMenuProps {
  readonly server: Server;
  readonly video: Video;
  readonly acts: CellActs;
  readonly isTrash: boolean;
  /** Its card has the focus, so the button may take it next. */
  readonly isCurrent: boolean;
}

/** Open from the first moment: it is made when it is asked for (`LazyVideoMenu`). */
export function VideoMenu(props: VideoMenuProps) {
  const { t } = useTranslation();
  const label = t('library.actionsFor', { title: props.video.title });
  const trigger = (
    <IconButton icon="more" label={label} excludeFromTabOrder={!props.isCurrent} data-testid="video-menu" />
  );
  return (
    <Menu label={label} trigger={trigger} defaultOpen>
      {props.isTrash ? <TrashItems {...props} /> : <Items {...props} />}
    </Menu>
  );
}

function Items({ server, video, acts }: VideoMenuProps) {
  const { t } = useTranslation();
  const ids = [video.id];
  const favorite = { do: 'favorite', favorite: !video.favorite } as const;
  return (
    <>
      {video.playable && (
        <MenuItem icon="play" href={`/app/videos/${video.id}`}>
          {t('actions.play')}
        </MenuItem>
      )}
      {!video.failure && (
        <MenuItem icon="share" onAction={() => acts.do({ what: 'share', video })} testId="menu-share">
          {t('actions.share')}
        </MenuItem>
      )}
      <MenuItem icon={video.favorite ? 'starFull' : 'star'} onAction={() => void acts.run(ids, favorite)}>
        {t(video.favorite ? 'library.unfavorite' : 'library.addFavorite')}
      </MenuItem>
      <MenuItem icon="edit" onAction={() => acts.rename(video)} testId="menu-rename">
        {t('actions.rename')}
      </MenuItem>
      <MenuItem icon="move" onAction={() => acts.do({ what: 'move', ids })} testId="menu-move">
        {t('library.moveTo')}
      </MenuItem>
      <MenuItem icon="tag" onAction={() => acts.do({ what: 'tag', ids })} testId="menu-tag">
        {t('library.tags')}
      </MenuItem>
      <MenuItem icon="info" onAction={() => acts.do({ what: 'details', video })} testId="menu-details">
        {t('library.details')}
      </MenuItem>
      {video.upload === 'complete' && (
        <MenuItem icon="upload" onAction={() => acts.do({ what: 'replace', video })} testId="menu-replace">
          {t('files.replace')}
        </MenuItem>
      )}
      {video.upload === 'complete' && (
        <MenuItem icon="download" href={originalUrl(server.url, video.id)} download>
          {t('common.download')}
        </MenuItem>
      )}
      <MenuItem icon="trash" danger onAction={() => void acts.trash(ids)} testId="menu-delete">
        {t('library.toTrash')}
      </MenuItem>
    </>
  );
}

function TrashItems({ video, acts }: VideoMenuProps) {
  const { t } = useTranslation();
  return (
    <>
      <MenuItem icon="retry" onAction={() => void acts.restore([video.id])} testId="menu-restore">
        {t('trash.restore')}
      </MenuItem>
      <MenuItem icon="info" onAction={() => acts.do({ what: 'details', video })}>
        {t('library.details')}
      </MenuItem>
    </>
  );
}
