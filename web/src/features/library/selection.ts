/** Chosen videos, and the place from which a range reaches. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly anchor: number | null;
}

export const nothing: Selection = { ids: new Set(), anchor: null };

export function toggled({ ids }: Selection, id: string, index: number): Selection {
  const chosen = new Set(ids);
  if (!chosen.delete(id)) chosen.add(id);
  return { ids: chosen, anchor: index };
}

export function extended(selection: Selection, ids: readonly string[]): Selection {
  return { ids: new Set([...selection.ids, ...ids]), anchor: selection.anchor };
}

/** From the anchor to here, whichever comes first. */
export function rangeTo({ anchor }: Selection, index: number): { from: number; to: number } {
  const start = anchor ?? index;
  return { from: Math.min(start, index), to: Math.max(start, index) };
}

/** What is no longer there is no longer chosen. */
export function without(selection: Selection, gone: readonly string[]): Selection {
  if (!gone.some((id) => selection.ids.has(id))) return selection;
  return { ...selection, ids: new Set([...selection.ids].filter((id) => !gone.includes(id))) };
}

/** Where a key leads from a place in a grid; undefined where it leads nowhere. */
export function stepOf(key: string, index: number, columns: number, total: number): number | undefined {
  const page = columns * 4;
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: index + 1,
    ArrowLeft: index - 1,
    ArrowDown: index + columns,
    ArrowUp: index - columns,
    PageDown: Math.min(index + page, total - 1),
    PageUp: Math.max(index - page, 0),
    Home: 0,
    End: total - 1,
  };
  const next = steps[key];
  return next === undefined || next < 0 || next >= total ? undefined : next;
}
