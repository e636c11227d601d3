import type { KeyboardEvent, MouseEvent } from 'react';
import { useRef, useState } from 'react';
import { libraryEndpoints, stretchLength, type VideoStretch } from '../../api/library.ts';
import { useAppDispatch } from '../../store/store.ts';
import type { VideoGridProps } from './grid.ts';
import { extended, nothing, rangeTo, stepOf, toggled } from './selection.ts';

interface GridKeysOptions extends VideoGridProps {
  readonly total: number;
  readonly columns: number;
  readonly scrollTo: (index: number) => void;
}

/**
 * Which cell has the focus, and what is chosen: by arrows, Shift, Control, Space and "all" (WAI-ARIA APG, grid
 * pattern), by mouse, and by a long touch. Ranges reach over videos that have not been loaded.
 */
export function useGridKeys(options: GridKeysOptions) {
  const { server, filter, selection, select, total, columns, actions, scrollTo } = options;
  const dispatch = useAppDispatch();
  const [focused, setFocused] = useState(0);
  /** A key has moved the focus; the cell takes it as soon as it is there. */
  const wanted = useRef(false);
  const current = Math.min(focused, total - 1);

  const idsBetween = async (from: number, to: number): Promise<readonly string[]> => {
    const offsets: number[] = [];
    for (let at = from - (from % stretchLength); at <= to; at += stretchLength) offsets.push(at);
    const stretches = await Promise.all(
      offsets.map((offset) => {
        const window = { serverUrl: server.url, filter, offset };
        return dispatch(libraryEndpoints.videoWindow.initiate(window, { subscribe: false }));
      }),
    );
    const items = stretches.map(({ data }) => (data as VideoStretch | undefined)?.items ?? []);
    const first = offsets[0] ?? 0;
    return items
      .flat()
      .slice(from - first, to - first + 1)
      .map(({ id }) => id);
  };
  const choose = async (id: string, index: number, event: { shiftKey: boolean }) => {
    if (!event.shiftKey || selection.anchor === null) return select(toggled(selection, id, index));
    const { from, to } = rangeTo(selection, index);
    select(extended(selection, await idsBetween(from, to)));
  };
  const move = async (index: number, event: KeyboardEvent) => {
    setFocused(index);
    wanted.current = true;
    scrollTo(index);
    if (!event.shiftKey) return;
    const anchored = selection.anchor === null ? { ...selection, anchor: current } : selection;
    const { from, to } = rangeTo(anchored, index);
    select({ ids: new Set(await idsBetween(from, to)), anchor: anchored.anchor });
  };

  const onKeyDown = async (event: KeyboardEvent<HTMLElement>) => {
    if (!event.currentTarget.contains(event.target as HTMLElement)) return; // a menu or dialog of a card
    if (event.key === 'Escape' && selection.ids.size > 0) return select(nothing);
    if ((event.target as HTMLElement).role !== 'gridcell') return;
    const next = stepOf(event.key, current, columns, total);
    if (next !== undefined) {
      event.preventDefault();
      return move(next, event);
    }
    if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return select({ ids: new Set(await idsBetween(0, total - 1)), anchor: 0 });
    }
    if ((event.key === 'Delete' || event.key === 'Backspace') && !options.isTrash) {
      event.preventDefault();
      const chosen = selection.ids.size > 0 ? [...selection.ids] : await idsBetween(current, current);
      select(nothing);
      return actions.trash(chosen);
    }
  };

  return {
    current,
    wanted,
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => void onKeyDown(event),
    focus: setFocused,
    choose: (id: string, index: number, event: Pick<MouseEvent, 'shiftKey'>) => void choose(id, index, event),
    isChoosing: selection.ids.size > 0,
  };
}

export type GridKeys = ReturnType<typeof useGridKeys>;
