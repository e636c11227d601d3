import type { PlayAnswer } from '@ptsdly/contract';

/** What a server may add to a play answer; an older one leaves it out. */
export interface PlayExtras {
  /** Of the sound as EBU R128 measures it: LUFS, and its highest peak in dBTP. */
  readonly loudness?: { readonly integrated: number; readonly peak: number } | null;
}

export const extrasOf = (play: PlayAnswer): PlayExtras => play as PlayAnswer & PlayExtras;
