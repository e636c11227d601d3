import { type VideoSort, videoSort } from '@ptsdly/contract';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import type { VideoFilter } from '../../api/library.ts';

export const narrowings = ['all', 'favorites', 'processing', 'unplayable'] as const;
export type Narrowing = (typeof narrowings)[number];

/** What the page shows; it stands in the address, so that "back" and a reload keep it. */
export interface LibraryView {
  /** Null at the top. */
  readonly folderId: string | null;
  readonly search: string;
  readonly narrowing: Narrowing;
  readonly tag: string | null;
  readonly sort: VideoSort;
}

const isNarrowing = (value: string | null): value is Narrowing => narrowings.some((one) => one === value);

export function readView(params: URLSearchParams): LibraryView {
  const narrowing = params.get('show');
  const sort = videoSort.safeParse(params.get('sort'));
  return {
    folderId: params.get('folder'),
    search: params.get('q') ?? '',
    narrowing: isNarrowing(narrowing) ? narrowing : 'all',
    tag: params.get('tag'),
    sort: sort.success ? sort.data : '-created',
  };
}

export function writeView(view: LibraryView): URLSearchParams {
  const params = new URLSearchParams();
  if (view.folderId) params.set('folder', view.folderId);
  if (view.search) params.set('q', view.search);
  if (view.narrowing !== 'all') params.set('show', view.narrowing);
  if (view.tag) params.set('tag', view.tag);
  if (view.sort !== '-created') params.set('sort', view.sort);
  return params;
}

/** A search or a narrowing looks through all folders; without them one folder is shown. */
export const isEverywhere = ({ search, narrowing, tag }: LibraryView) =>
  search.trim() !== '' || narrowing !== 'all' || tag !== null;

export function filterOf(view: LibraryView): VideoFilter {
  const { search, narrowing, tag, sort } = view;
  return {
    sort,
    ...(isEverywhere(view) ? {} : { folder: view.folderId ?? 'root' }),
    ...(search.trim() && { search: search.trim() }),
    ...(tag && { tag }),
    ...(narrowing === 'favorites' && { favorite: 'true' }),
    ...((narrowing === 'processing' || narrowing === 'unplayable') && { state: narrowing }),
  };
}

export function useLibraryView() {
  const [params, setParams] = useSearchParams();
  const view = useMemo(() => readView(params), [params]);
  /** Typing replaces the address, everything else adds to the way back. */
  const change = (wanted: Partial<LibraryView>, replace = false) =>
    setParams(writeView({ ...view, ...wanted }), { replace, preventScrollReset: replace });
  return [view, change] as const;
}
