import type { MediaConfig } from '@ptsdly/contract';
import type { Address, Logger } from '@ptsdly/kit';
import type { Transcoder } from './transcoder.ts';

export interface MediaOptions extends Omit<MediaConfig, 'transcoder'> {
  /** The host's control API: JWKS, event feeds, usage, cards. */
  readonly control: Address;
  readonly log: Logger;
  /** Module to start as the index thread; the program's own file. */
  readonly workerUrl?: URL;
  /** Runs ffmpeg; that of the host when absent. */
  readonly transcoder?: Transcoder | undefined;
  /** Make what browsers cannot play into what they can, and renditions. */
  readonly converts?: boolean;
  /** Measure the process too; for the one that runs nothing else. */
  readonly processMetrics?: boolean;
}
