import type { Server, Video } from '@ptsdly/contract';
import { type DragEvent, type KeyboardEvent, type MouseEvent, memo, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { cx } from '../../ui/cx.ts';
import { formatBytes, formatDay } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Progress } from '../../ui/Progress.tsx';
import { videosType } from './dragged.ts';
import type { CellActs } from './grid.ts';
import { Highlighted } from './Highlighted.tsx';
import { LazyVideoMenu } from './LazyVideoMenu.tsx';
import styles from './Library.module.css';
import { Poster } from './Poster.tsx';
import { RenameTitle } from './RenameTitle.tsx';
import type { GridKeys } from './useGridKeys.ts';
import { useLongTouch } from './useLongTouch.ts';
import { videoState, videoStateText } from './videoState.ts';

interface PlaceProps {
  readonly index: number;
  readonly column: number;
  readonly server: Server;
  readonly search: string;
  readonly acts: CellActs;
  /** A key has moved the focus; the cell takes it as soon as it is there. */
  readonly wanted: GridKeys['wanted'];
  readonly isCurrent: boolean;
  readonly isChosen: boolean;
  /** Something is chosen, so that a click chooses too. */
  readonly isChoosing: boolean;
  readonly isRenaming: boolean;
  readonly isTrash: boolean;
}

type CellProps = PlaceProps & { readonly video: Video };

/** One place of the grid: the video that stands there, as soon as its stretch of the list has come. */
export const VideoCell = memo(function VideoCell(props: PlaceProps & { readonly video: Video | undefined }) {
  const { video, column } = props;
  // biome-ignore lint/a11y/useSemanticElements: a cell of a grid of cards
  if (!video) return <div role="gridcell" tabIndex={-1} aria-colindex={column} className={styles.ghost} />;
  return <Cell {...props} video={video} />;
});

function Cell(props: CellProps) {
  const { index, column, video, acts, isCurrent, isChosen, isChoosing, isTrash } = props;
  const { t } = useTranslation();
  const navigate = useNavigate();
  const cell = useRef<HTMLDivElement>(null);
  const touch = useLongTouch(() => acts.choose(video.id, index, { shiftKey: false }));
  useFocus(cell, props.wanted, isCurrent);
  const state = videoState(video);
  const to = `/app/videos/${video.id}`;
  const onRenamed = () => {
    acts.rename(null);
    cell.current?.focus();
  };
  const click = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    // what a menu of this card says comes here too, though it hangs elsewhere in the page
    if (!cell.current?.contains(target) || target.closest('[data-own]')) return;
    const swallowed = touch.swallows();
    const chooses = event.ctrlKey || event.metaKey || event.shiftKey || isChoosing;
    if (!swallowed && !chooses && !isTrash) return;
    event.preventDefault();
    event.stopPropagation();
    acts.focus(index);
    if (!swallowed) acts.choose(video.id, index, event);
  };
  const press = (event: KeyboardEvent) => {
    if (event.target !== cell.current) return;
    if (event.key === ' ') acts.choose(video.id, index, event);
    else if (event.key === 'Enter' && !isTrash) void navigate(to);
    else if (event.key === 'F2' && !isTrash) acts.rename(video);
    else return;
    event.preventDefault();
  };
  const drag = ({ dataTransfer }: DragEvent) => {
    dataTransfer.setData(videosType, JSON.stringify(acts.dragged(video.id)));
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
      onFocus={() => acts.focus(index)}
      onClickCapture={click}
      onKeyDown={press}
      onContextMenu={(event) => isChoosing && event.preventDefault()}
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
            acts.choose(video.id, index, { shiftKey: (nativeEvent as globalThis.MouseEvent).shiftKey })
          }
          data-testid="choose"
        />
        <Icon name="check" size={18} />
      </label>
      <Words {...props} {...{ to, onRenamed }} />
    </div>
  );
}

interface WordsProps extends CellProps {
  readonly to: string;
  readonly onRenamed: () => void;
}

function Words(props: WordsProps) {
  const { server, video, search, acts, isRenaming, isTrash, isCurrent, to } = props;
  const { t } = useTranslation();
  const [language] = useLanguage();
  const state = videoState(video);
  const words = videoStateText(t, video, language);
  return (
    <div className={styles.row} {...(isRenaming && { 'data-own': '' })}>
      {/* twice on what is no link: a tap on the title opens the video */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: F2 and the menu do the same */}
      <div className={styles.words} onDoubleClick={() => !isTrash && acts.rename(video)}>
        {isRenaming ? (
          <RenameTitle serverUrl={server.url} video={video} onDone={props.onRenamed} />
        ) : (
          <h2 className={styles.title} data-testid="video-title">
            {video.favorite && (
              <span className={styles.favorite} role="img" aria-label={t('library.favorite')}>
                <Icon name="starFull" size={15} />
              </span>
            )}
            <Link to={to} tabIndex={isCurrent ? 0 : -1} draggable={false}>
              <Highlighted text={video.title} search={search} />
            </Link>
          </h2>
        )}
        <p className={styles.facts}>
          {formatDay(video.trashedAt ?? video.createdAt, language)} · {formatBytes(video.sizeBytes, language)}
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
        <LazyVideoMenu {...{ server, video, acts, isTrash, isCurrent }} />
      </span>
    </div>
  );
}

/** Takes the focus that a key has sent here. */
function useFocus(
  cell: React.RefObject<HTMLDivElement | null>,
  wanted: GridKeys['wanted'],
  isCurrent: boolean,
) {
  useEffect(() => {
    if (!isCurrent || !wanted.current) return;
    wanted.current = false;
    cell.current?.focus({ preventScroll: true });
  }, [cell, wanted, isCurrent]);
}
