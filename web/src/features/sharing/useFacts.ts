import type { Link } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { formatMoment } from '../../ui/format.ts';

/** What is to be known of a link at a glance, in words. */
export function useFacts(link: Link): string[] {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { views, maxViews, opensAt, expiresAt, state } = link;
  const facts = [
    maxViews === null
      ? t('share.views', { count: views })
      : t('share.viewsOf', { count: views, max: maxViews }),
  ];
  if (link.label || link.recipient) facts.unshift(`/${link.alias ?? link.code}`);
  if (state === 'scheduled' && opensAt)
    facts.push(t('share.from', { date: formatMoment(opensAt, language) }));
  if (state !== 'expired' && expiresAt)
    facts.push(t('share.until', { date: formatMoment(expiresAt, language) }));
  if (link.hasPassword) facts.push(t('share.withPassword'));
  if (link.allowDownload) facts.push(t('share.downloadable'));
  return facts;
}
