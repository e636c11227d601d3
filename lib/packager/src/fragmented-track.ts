import { findBox } from './box.ts';
import type { Edit } from './edit-list.ts';
import type { FragmentedSamples } from './fragments.ts';
import type { SourceSamples } from './sample-table.ts';
import { readTrackEdit, type TrackHeader } from './track-header.ts';

/** The edit without its length, which in fragmented files counts only what the movie header holds. */
export function openEnded(edit: Edit): Edit {
  return { ...edit, duration: 0 };
}

/**
 * Brings a recording that was begun in the middle of a broadcast back to zero: the time of the earliest
 * sample of all tracks is taken from each, unless an edit list or samples before the fragments say where to
 * begin.
 */
export function fromZero(
  view: DataView,
  headers: readonly TrackHeader[],
  fragments: FragmentedSamples,
): FragmentedSamples {
  const placed = headers.some(
    (header) => readTrackEdit(view, header.trak).mediaTime > 0 || hasTable(view, header),
  );
  const starts = headers.flatMap(({ id, timescale }) => {
    const first = fragments.get(id)?.presentation.reduce((least, time) => Math.min(least, time), Infinity);
    return first === undefined || first === Infinity ? [] : [first / timescale];
  });
  const origin = Math.min(...starts);
  if (placed || !(origin > 0) || origin === Infinity) return fragments;
  for (const { id, timescale } of headers) {
    const times = fragments.get(id)?.presentation;
    const ticks = Math.round(origin * timescale);
    for (let i = 0; times && i < times.length; i++) times[i] = (times[i] as number) - ticks;
  }
  return fragments;
}

function hasTable(view: DataView, { stbl }: TrackHeader): boolean {
  const stsz = findBox(view, stbl, 'stsz');
  return stsz !== undefined && stsz.end - stsz.start >= 12 && view.getUint32(stsz.start + 8) > 0;
}

/** Samples of the movie header, then those of the fragments. */
export function joinSamples(table: SourceSamples, fragments: SourceSamples | undefined): SourceSamples {
  if (!fragments || fragments.count === 0) return table;
  if (table.count === 0) return fragments;
  const count = table.count + fragments.count;
  const offset = new Float64Array(count);
  const size = new Uint32Array(count);
  const presentation = new Float64Array(count);
  offset.set(table.offset);
  offset.set(fragments.offset, table.count);
  size.set(table.size);
  size.set(fragments.size, table.count);
  presentation.set(table.presentation);
  presentation.set(fragments.presentation, table.count);
  const { lastDuration } = fragments;
  const { description } = table;
  return { count, offset, size, presentation, sync: joinSync(table, fragments), lastDuration, description };
}

function joinSync(table: SourceSamples, fragments: SourceSamples): Uint32Array | undefined {
  if (!table.sync && !fragments.sync) return undefined;
  const first = syncOf(table);
  const second = syncOf(fragments);
  const sync = new Uint32Array(first.length + second.length);
  sync.set(first);
  for (let i = 0; i < second.length; i++) sync[first.length + i] = (second[i] as number) + table.count;
  return sync;
}

function syncOf({ sync, count }: SourceSamples): Uint32Array {
  return sync ?? Uint32Array.from({ length: count }, (_, i) => i);
}
