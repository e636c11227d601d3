import type { PlayAnswer } from '@ptsdly/contract';

export interface Abilities {
  /** Media Source Extensions, in either of their forms. */
  readonly mse: boolean;
  readonly nativeHls: boolean;
}

export type Source =
  | { readonly kind: 'hls.js'; readonly url: string }
  | { readonly kind: 'native'; readonly url: string };

type Urls = Pick<PlayAnswer, 'hlsUrl' | 'progressiveUrl'>;

/**
 * hls.js wherever it can run, even if the browser says that it might play HLS itself. Without it a plain file
 * comes before native HLS, since WebKit forgets the rotation of a video over HLS.
 */
export function chooseSource({ hlsUrl, progressiveUrl }: Urls, can: Abilities): Source | null {
  if (can.mse) return { kind: 'hls.js', url: hlsUrl };
  if (progressiveUrl) return { kind: 'native', url: progressiveUrl };
  return can.nativeHls ? { kind: 'native', url: hlsUrl } : null;
}

export function abilities(video: HTMLVideoElement): Abilities {
  return {
    mse: 'MediaSource' in window || 'ManagedMediaSource' in window,
    nativeHls: video.canPlayType('application/vnd.apple.mpegurl') !== '',
  };
}
