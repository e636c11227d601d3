import type { Video } from '@ptsdly/contract';
import type { TFunction } from 'i18next';
import { formatDuration, formatPercent } from '../../ui/format.ts';

export type VideoState = 'receiving' | 'failed' | 'processing' | 'playable';

export function videoState(video: Video): VideoState {
  if (video.playable) return video.upload === 'receiving' ? 'receiving' : 'playable';
  if (video.failure) return 'failed';
  return video.upload === 'receiving' ? 'receiving' : 'processing';
}

/** Something about it will change without anybody's doing. */
export const isChanging = (video: Video) =>
  video.upload === 'receiving' || video.processing !== 'none' || (!video.playable && !video.failure);

/** How often to ask again, in milliseconds; 0 for never. The server tells by itself, unless its stream was cut off. */
export const askAgainAfter = (videos: readonly Video[]): number => (videos.some(isChanging) ? 5000 : 0);

export function videoStateText(t: TFunction, video: Video, language: string): string {
  switch (videoState(video)) {
    case 'receiving': {
      const part = video.sizeBytes > 0 ? video.receivedBytes / video.sizeBytes : 0;
      const received = t('library.receiving', { percent: formatPercent(part, language) });
      if (video.playableUntil === null) return received;
      return `${received} · ${t('library.partlyPlayable', { time: formatDuration(video.playableUntil) })}`;
    }
    case 'failed':
      return failureText(t, video.failure!);
    case 'processing':
      return t('library.processing');
    case 'playable':
      return video.playableUntil === null
        ? t('library.playable')
        : t('library.partlyPlayable', { time: formatDuration(video.playableUntil) });
  }
}

/** The reason in the user's language; the server's own words where we have none for its code. */
export function failureText(t: TFunction, failure: NonNullable<Video['failure']>): string {
  return t(`library.failure.${failure.code}` as 'library.failure.corrupt', { defaultValue: failure.detail });
}
