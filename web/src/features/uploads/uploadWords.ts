import type { TFunction } from 'i18next';
import { problemText } from '../../i18n/problemText.ts';
import { formatBytes, formatPercent, formatTimeLeft } from '../../ui/format.ts';
import { secondsLeft } from './speed.ts';
import type { UploadItem } from './uploads.ts';

/** What a row says about its upload, in one line. */
export function uploadWords(t: TFunction, item: UploadItem, language: string): string {
  const amount = t('uploads.of', {
    sent: formatBytes(item.sent, language),
    total: formatBytes(item.size, language),
  });
  switch (item.state) {
    case 'waiting':
    case 'starting':
      return t(`uploads.${item.state}`);
    case 'sending':
      return [amount, ...paceWords(t, item, language)].join(' · ');
    case 'checking':
      return item.sent > 0
        ? t('uploads.comparing', { percent: formatPercent(item.sent / item.size, language) })
        : t('uploads.starting');
    case 'known':
      return t('uploads.known', { title: item.same?.title ?? '' });
    case 'paused':
      return `${t('uploads.paused')} · ${amount}`;
    case 'interrupted':
      return t(item.canReopen ? 'uploads.interrupted' : 'uploads.chooseAgain');
    case 'failed':
      return item.problem ? problemText(t, item.problem) : t('problems.internal');
    case 'done':
      return t('uploads.done');
  }
}

function paceWords(t: TFunction, item: UploadItem, language: string): string[] {
  const left = secondsLeft(item);
  if (left === null) return [];
  return [
    t('uploads.speed', { speed: formatBytes(item.speed, language) }),
    t('uploads.left', { time: formatTimeLeft(left, language) }),
  ];
}
