import type { Server, Video } from '@ptsdly/contract';
import type { VideoFilter } from '../../api/library.ts';
import type { Doing } from './LibraryDialogs.tsx';
import type { Selection } from './selection.ts';
import type { LibraryActions } from './useLibraryActions.ts';
import type { LibraryView } from './useLibraryView.ts';

export interface VideoGridProps {
  readonly server: Server;
  readonly view: LibraryView;
  readonly filter: VideoFilter;
  readonly selection: Selection;
  readonly select: (selection: Selection) => void;
  readonly actions: LibraryActions;
  readonly onDo: (doing: Doing) => void;
  /** Something else stands above, so that no videos do not mean that there is nothing. */
  readonly hasFolders?: boolean;
  readonly isTrash?: boolean;
}

/** What one does with a card; the same functions in every rendering. */
export interface CellActs {
  focus(index: number): void;
  choose(id: string, index: number, event: { shiftKey: boolean }): void;
  /** Ids of what is dragged along with a video. */
  dragged(id: string): readonly string[];
  rename(video: Video | null): void;
  do(doing: Doing): void;
  run: LibraryActions['run'];
  trash: LibraryActions['trash'];
  restore: LibraryActions['restore'];
}
