import { type Box, readInt64, readUint64, tableOf } from './box.ts';
import { corrupt, PackagerError } from './error.ts';

/** What an edit list comes down to when it has one non-empty edit. */
export interface Edit {
  /** Silence or blank before the edit, in movie timescale units. */
  readonly delay: number;
  /** First media time that plays, in track timescale units. */
  readonly mediaTime: number;
  /** Length of the edit in movie timescale units; 0 means to the end of the track. */
  readonly duration: number;
}

/** The edit of a track without an edit list: everything plays from zero. */
export const WHOLE_TRACK: Edit = { delay: 0, mediaTime: 0, duration: 0 };

const NORMAL_RATE = 0x10000;

/**
 * Reads `elst` (ISO/IEC 14496-12 §8.6.6): empty edits at the start, then exactly one non-empty edit at
 * normal speed; empty edits behind it are ignored. Anything else throws `unsupported_edit_list`.
 */
export function readEditList(view: DataView, elst: Box): Edit {
  const version = view.getUint8(elst.start);
  const entrySize = version === 1 ? 20 : 12;
  const { at, count } = tableOf(view, elst, entrySize);
  if (count === 0) return WHOLE_TRACK;
  let delay = 0;
  let edit: Edit | undefined;
  for (let i = 0; i < count; i++) {
    const entry = readEntry(view, at + i * entrySize, version);
    if (entry.mediaTime < -1) throw corrupt('An edit starts before its media.');
    if (entry.mediaTime === -1) {
      if (!edit) delay += entry.duration;
      continue;
    }
    if (edit) throw new PackagerError('unsupported_edit_list', 'The track is assembled from several edits.');
    if (entry.rate !== NORMAL_RATE) {
      throw new PackagerError('unsupported_edit_list', 'An edit changes the playing speed.');
    }
    edit = { delay, mediaTime: entry.mediaTime, duration: entry.duration };
  }
  if (!edit) throw new PackagerError('unsupported_edit_list', 'The edit list plays nothing of the track.');
  return edit;
}

function readEntry(view: DataView, at: number, version: number) {
  if (version === 1) {
    return {
      duration: readUint64(view, at),
      mediaTime: readInt64(view, at + 8),
      rate: view.getInt32(at + 16),
    };
  }
  return { duration: view.getUint32(at), mediaTime: view.getInt32(at + 4), rate: view.getInt32(at + 8) };
}
