import type { Server, Video } from '@ptsdly/contract';
import { type DragEvent, type KeyboardEvent, type MouseEvent, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { stretchLength, useVideoWindowQuery, type VideoFilter } from '../../api/library.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { cx } from '../../ui/cx.ts';
import { formatBytes, formatDate } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Progress } from '../../ui/Progress.tsx';
import { videosType } from './dragged.ts';
import { Highlighted } from './Highlighted.tsx';
import styles from './Library.module.css';
import type { Doing } from './LibraryDialogs.tsx';
import { Poster } from './Poster.tsx';
import { RenameTitle } from './RenameTitle.tsx';
import type { Selection } from './selection.ts';
import type { GridKeys } from './useGridKeys.ts';
import type { LibraryActions } from './useLibraryActions.ts';
import { useLongTouch } from './useLongTouch.ts';
import { VideoMenu } from './VideoMenu.tsx';
import { askAgainAfter, videoState, videoStateText } from './videoState.ts';

interface CellProps {
  readonly index: number;
  readonly column: number;
  readonly server: Server;
  readonly filter: VideoFilter;
  readonly search: string;
  readonly selection: Selection;
  readonly keys: GridKeys;
  readonly renaming: string | null;
  readonly actions: LibraryActions;
  readonly onRename: (video: Video | null) => void;
  readonly onDo: (doing: Doing) => void;
  readonly isTrash: boolean;
}

/** One place of the grid: the video that stands there, as soon as its stretch of the list has come. */
export function VideoCell(props: CellProps) {
  const { index, server, filter, column } = props;
  const offset = index - (index % stretchLength);
  const { data } = useVideoWindowQuery({ serverUrl: server.url, filter, offset });
  const video = data?.items[index - offset];
  usePolling(props, video, offset);
  // biome-ignore lint/a11y/useSemanticElements: a cell of a grid of cards
  if (!video) return <div role="gridcell" tabIndex={-1} aria-colindex={column} className={styles.ghost} />;
  return <Cell {...props} video={video} />;
}

/** What is still arriving says so by itself only now and then. */
function usePolling({ server, filter }: CellProps, video: Video | undefined, offset: number) {
  const pollingInterval = video ? askAgainAfter([video]) : 0;
  useVideoWindowQuery(
    { serverUrl: server.url, filter, offset },
    { pollingInterval, skip: pollingInterval === 0, skipPollingIfUnfocused: true },
  );
}

function Cell(props: CellProps & { video: Video }) {
  const { index, column, video, selection, keys, isTrash, onRename } = props;
  const { t } = useTranslation();
  const navigate = useNavigate();
  const cell = useRef<HTMLDivElement>(null);
  const isCurrent = keys.current === index;
  const isChosen = selection.ids.has(video.id);
  const touch = useLongTouch(() => keys.choose(video.id, index, { shiftKey: false }));
  useFocus(cell, keys, isCurrent);
  const state = videoState(video);
  const to = `/app/videos/${video.id}`;
  const onRenamed = () => {
    onRename(null);
    cell.current?.focus();
  };
  const click = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    // what a menu of this card says comes here too, though it hangs elsewhere in the page
    if (!cell.current?.contains(target) || target.closest('[data-own]')) return;
    const swallowed = touch.swallows();
    const chooses = event.ctrlKey || event.metaKey || event.shiftKey || keys.isChoosing;
    if (!swallowed && !chooses && !isTrash) return;
    event.preventDefault();
    event.stopPropagation();
    keys.focus(index);
    if (!swallowed) keys.choose(video.id, index, event);
  };
  const press = (event: KeyboardEvent) => {
    if (event.target !== cell.current) return;
    if (event.key === ' ') keys.choose(video.id, index, event);
    else if (event.key === 'Enter' && !isTrash) void navigate(to);
    else if (event.key === 'F2' && !isTrash) onRename(video);
    else return;
    event.preventDefault();
  };
  const drag = ({ dataTransfer }: DragEvent) => {
    const ids = isChosen ? [...selection.ids] : [video.id];
    dataTransfer.setData(videosType, JSON.stringify(ids));
    dataTransfer.effectAllowed = 'move';
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a cell of a grid of cards
    <div
      ref={cell}
      role="gridcell"
      aria-colindex={column}
      aria-selected={isChosen}
      tabIndex={isCurrent ? 0 : -1}
      className={cx(styles.cell, isChosen && styles.isChosen)}
      draggable={!isTrash}
      onDragStart={drag}
      onFocus={() => keys.focus(index)}
      onClickCapture={click}
      onKeyDown={press}
      onContextMenu={(event) => keys.isChoosing && event.preventDefault()}
      {...touch.props}
      data-testid="video-card"
      data-title={video.title}
      data-state={state}
      data-id={video.id}
    >
      {/* the title is the same link, for those who cannot see the picture */}
      <Link to={to} draggable={false} tabIndex={-1} aria-hidden="true" className={styles.poster}>
        <Poster video={video} />
      </Link>
      <label className={styles.tick} data-own="">
        <input
          type="checkbox"
          checked={isChosen}
          tabIndex={isCurrent ? 0 : -1}
          aria-label={t('library.choose', { title: video.title })}
          onChange={({ nativeEvent }) =>
            keys.choose(video.id, index, { shiftKey: (nativeEvent as globalThis.MouseEvent).shiftKey })
          }
          data-testid="choose"
        />
        <Icon name="check" size={18} />
      </label>
      <Words {...props} {...{ to, isCurrent, onRenamed }} />
    </div>
  );
}

interface WordsProps extends CellProps {
  readonly video: Video;
  readonly to: string;
  readonly isCurrent: boolean;
  readonly onRenamed: () => void;
}

function Words(props: WordsProps) {
  const { server, video, search, renaming, onRename, onDo, actions, isTrash, isCurrent, to } = props;
  const { t } = useTranslation();
  const [language] = useLanguage();
  const state = videoState(video);
  const words = videoStateText(t, video, language);
  return (
    <div className={styles.row} {...(renaming === video.id && { 'data-own': '' })}>
      <div className={styles.words}>
        {renaming === video.id ? (
          <RenameTitle serverUrl={server.url} video={video} onDone={props.onRenamed} />
        ) : (
          <h3 className={styles.title} data-testid="video-title">
            {video.favorite && (
              <span className={styles.favorite} role="img" aria-label={t('library.favorite')}>
                <Icon name="starFull" size={15} />
              </span>
            )}
            <Link to={to} tabIndex={isCurrent ? 0 : -1} draggable={false}>
              <Highlighted text={video.title} search={search} />
            </Link>
          </h3>
        )}
        <p className={styles.facts}>
          {formatDate(video.trashedAt ?? video.createdAt, language)} ·{' '}
          {formatBytes(video.sizeBytes, language)}
          {video.tags.map((tag) => (
            <span key={tag} className={styles.tagWord}>
              #<Highlighted text={tag} search={search} />
            </span>
          ))}
        </p>
        {state !== 'playable' && <p className={cx(styles.state, styles[state])}>{words}</p>}
        {state === 'receiving' && (
          <Progress label={words} value={video.sizeBytes > 0 ? video.receivedBytes / video.sizeBytes : 0} />
        )}
      </div>
      <span data-own="">
        <VideoMenu
          {...{ server, video, actions, onDo, isTrash, isCurrent }}
          onRename={() => onRename(video)}
        />
      </span>
    </div>
  );
}

/** Takes the focus that a key has sent here. */
function useFocus(cell: React.RefObject<HTMLDivElement | null>, { wanted }: GridKeys, isCurrent: boolean) {
  useEffect(() => {
    if (!isCurrent || !wanted.current) return;
    wanted.current = false;
    cell.current?.focus({ preventScroll: true });
  }, [cell, wanted, isCurrent]);
}
