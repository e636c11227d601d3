import type { KeyCheck } from './key-frames.ts';
import type { MatroskaTrack } from './matroska-track.ts';
import type { SampleList } from './sample-list.ts';

/** A track and the packets found for it; presentation times in nanoseconds, NaN for all but the first of a lace. */
export interface ScannedTrack {
  readonly track: MatroskaTrack;
  readonly list: SampleList;
  /** Nanoseconds of the last packet, 0 when not told. */
  lastDuration: number;
  /** Nanoseconds of each packet, of text only. */
  readonly durations: number[];
  /** How far its sync samples have been looked at. */
  readonly keys: KeyCheck;
}
