import type { PlayAnswer } from '@ptsdly/contract';

/** A text track under the session. */
export interface Caption {
  readonly id: string;
  /** BCP 47; `und` where nobody said. */
  readonly language: string;
  readonly label: string;
  /** WebVTT. */
  readonly url: string;
}

export interface Chapter {
  /** Seconds. */
  readonly startAt: number;
  readonly title: string;
}

/** What a server may add to a play answer; an older one leaves it out. */
export interface PlayExtras {
  readonly subtitles?: readonly Caption[];
  readonly chapters?: readonly Chapter[];
  /** Of the sound as EBU R128 measures it, in LUFS and dBTP. */
  readonly loudness?: { readonly integrated: number; readonly truePeak?: number | null } | null;
  readonly resumeAt?: number | null;
  /** Speed that the link asks for. */
  readonly speed?: number | null;
}

export const extrasOf = (play: PlayAnswer): PlayExtras => play as PlayAnswer & PlayExtras;
