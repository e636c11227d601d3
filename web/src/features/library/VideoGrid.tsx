import type { Video } from '@ptsdly/contract';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useVideoWindowQuery } from '../../api/library.ts';
import { useAppSelector } from '../../store/store.ts';
import { Loading } from '../../ui/Loading.tsx';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import type { CellActs, VideoGridProps } from './grid.ts';
import styles from './Library.module.css';
import { useGridKeys } from './useGridKeys.ts';
import { useGridLayout } from './useGridLayout.ts';
import { isEverywhere } from './useLibraryView.ts';
import { useStable } from './useStable.ts';
import { useStretches } from './useStretches.ts';
import { VideoCell } from './VideoCell.tsx';

/** All videos of a list, of which only those in sight exist: a stretch of the list comes when it is scrolled to. */
export function VideoGrid(props: VideoGridProps) {
  const { server, filter, view } = props;
  const first = { serverUrl: server.url, filter, offset: 0 };
  const { data, error, refetch } = useVideoWindowQuery(first, { refetchOnMountOrArgChange: true });
  if (error && !data) {
    return <ProblemNotice problem={error} onRetry={refetch} />;
  }
  if (!data) return <Loading />;
  if (data.total === 0) return <Empty {...props} isSearch={isEverywhere(view)} />;
  return <Rows {...props} total={data.total} />;
}

function Rows(props: VideoGridProps & { total: number }) {
  const { t } = useTranslation();
  const { total, selection, server, filter } = props;
  const layout = useAppSelector((state) => state.preferences.layout);
  const { ref, columns, rowHeight, gap, top } = useGridLayout(layout);
  const [renaming, setRenaming] = useState<string | null>(null);
  const count = Math.ceil(total / columns);
  const rows = useWindowVirtualizer({
    ...{ count, overscan: 4, scrollMargin: top, useFlushSync: false },
    estimateSize: () => rowHeight,
  });
  if (rows.options.count > 0 && rows.measurementsCache[0]?.size !== rowHeight) rows.measure();
  const keys = useGridKeys({
    ...props,
    columns,
    scrollTo: (index) => rows.scrollToIndex(Math.floor(index / columns)),
  });
  const acts: CellActs = useStable({
    ...{ focus: keys.focus, choose: keys.choose, do: props.onDo },
    ...{ run: props.actions.run, trash: props.actions.trash, restore: props.actions.restore },
    rename: (video: Video | null) => setRenaming(video?.id ?? null),
    dragged: (id: string) => (selection.ids.has(id) ? [...selection.ids] : [id]),
  });
  const shown = rows.getVirtualItems();
  const from = (shown[0]?.index ?? 0) * columns;
  const to = Math.min(total, ((shown.at(-1)?.index ?? 0) + 1) * columns) - 1;
  const videoAt = useStretches({ serverUrl: server.url, filter }, from, to);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table cannot be a grid of cards
    <div
      ref={ref}
      role="grid"
      tabIndex={-1}
      aria-label={t('library.title')}
      aria-rowcount={count}
      aria-colcount={columns}
      aria-multiselectable="true"
      className={styles.grid}
      data-layout={layout}
      data-choosing={selection.ids.size > 0 || undefined}
      style={
        { height: rows.getTotalSize(), '--columns': columns, '--gap': `${gap}px` } as React.CSSProperties
      }
      onKeyDown={keys.onKeyDown}
      data-testid="videos"
      data-total={total}
    >
      {shown.map((row) => (
        // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: a row of the grid, whose cells take the focus
        <div
          key={row.index}
          role="row"
          aria-rowindex={row.index + 1}
          className={styles.gridRow}
          style={{ transform: `translateY(${row.start - top}px)`, height: rowHeight }}
        >
          {Array.from({ length: Math.min(columns, total - row.index * columns) }, (_, i) => {
            const index = row.index * columns + i;
            const video = videoAt(index);
            return (
              <VideoCell
                key={index}
                {...{ index, server, video, acts }}
                column={i + 1}
                search={props.view.search}
                wanted={keys.wanted}
                isCurrent={keys.current === index}
                isChosen={video !== undefined && selection.ids.has(video.id)}
                isChoosing={keys.isChoosing}
                isRenaming={video !== undefined && renaming === video.id}
                isTrash={props.isTrash ?? false}
              />
            );
          })}
        </div>
      ))}
    </div>
  );
}

function Empty({ view, hasFolders, isTrash, isSearch }: VideoGridProps & { isSearch: boolean }) {
  const { t } = useTranslation();
  if (isTrash) return <EmptyState icon="trash" title={t('trash.emptyTitle')} text={t('trash.emptyText')} />;
  if (isSearch)
    return <EmptyState icon="search" title={t('library.noneTitle')} text={t('library.noneText')} />;
  if (hasFolders) return <p className={styles.onlyFolders}>{t('library.onlyFolders')}</p>;
  return (
    <div className={styles.empty}>
      {view.folderId ? (
        <EmptyState icon="folder" title={t('library.emptyFolderTitle')} text={t('library.emptyFolderText')} />
      ) : (
        <EmptyState icon="upload" title={t('library.emptyTitle')} text={t('library.emptyText')} />
      )}
    </div>
  );
}
