import type { PlayAnswer } from '@ptsdly/contract';

export interface Abilities {
  /** Media Source Extensions, in either of their forms. */
  readonly mse: boolean;
  readonly nativeHls: boolean;
  /** The browser forgets the rotation of a video over HLS. */
  readonly webkit: boolean;
}

export type Source =
  | { readonly kind: 'hls.js'; readonly url: string }
  | { readonly kind: 'native'; readonly url: string };

type Urls = Pick<PlayAnswer, 'hlsUrl' | 'progressiveUrl' | 'prefer'>;

/**
 * hls.js wherever it can run, even if the browser says that it might play HLS itself. A plain file, where there
 * is one, comes first in WebKit, which forgets the rotation of a video over HLS, and where the server says so.
 */
export function chooseSource({ hlsUrl, progressiveUrl, prefer }: Urls, can: Abilities): Source | null {
  const plain = can.webkit || !can.mse || prefer === 'progressive';
  if (progressiveUrl && plain) return { kind: 'native', url: progressiveUrl };
  if (can.mse) return { kind: 'hls.js', url: hlsUrl };
  return can.nativeHls ? { kind: 'native', url: hlsUrl } : null;
}

export function abilities(video: HTMLVideoElement): Abilities {
  return {
    mse: 'MediaSource' in window || 'ManagedMediaSource' in window,
    nativeHls: video.canPlayType('application/vnd.apple.mpegurl') !== '',
    webkit: navigator.vendor.startsWith('Apple'),
  };
}
