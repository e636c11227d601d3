import type { ServerResponse } from 'node:http';
import { displaySize } from '@ptsdly/packager';
import type { Demand } from '../renditions/demand.ts';
import type { Packaged } from './packaged.ts';
import type { PlaySession } from './session-token.ts';

export interface SentSegment {
  readonly session: PlaySession;
  readonly packaged: Packaged;
  /** Names its folder: `v0`, `v720`. */
  readonly track: string;
  /** Seconds that it plays. */
  readonly seconds: number;
  /** Bytes. */
  readonly size: number;
}

/** A smaller one fits into buffers on the way, so that nothing is learned from how long it takes. */
const TELLING_BYTES = 512 * 1024;
const PICTURE = /^v(\d+)$/;

/** Tells what a viewer may lack once the answer with a segment of a picture, which begins now, has been sent whole. */
export function watchDemand(response: ServerResponse, demand: Demand, sent: SentSegment): void {
  const { session, packaged, track, seconds, size } = sent;
  const { index } = packaged;
  const name = PICTURE.exec(track)?.[1];
  if (name === undefined || !index.video) return;
  const begun = performance.now();
  response.once('finish', () => {
    const { width, height } = displaySize(index);
    const originalLines = Math.min(width, height);
    const isOriginal = track === 'v0';
    demand.note({
      ...{ session: session.id, video: session.videoId, originalLines, isOriginal },
      lines: isOriginal ? originalLines : Number(name),
      playsEverywhere: index.video?.browser === 'yes',
      made: session.renditions.flatMap((one) => PICTURE.exec(one)?.slice(1).map(Number) ?? []),
      isSlow: size > TELLING_BYTES && (performance.now() - begun) / 1000 > seconds,
    });
  });
}
