import type { TimelineEntry } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServerTimelineQuery, useTimelineQuery } from '../../api/subscriptions.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button } from '../../ui/Button.tsx';
import { cx } from '../../ui/cx.ts';
import { formatMoment } from '../../ui/format.ts';
import sections from '../../ui/Sections.module.css';
import styles from './Timeline.module.css';

const FEW = 5;

/** What became of the server, as it happens; of what is wrong now also what happens next. */
export function Timeline({ serverId }: { serverId: string }) {
  const { t } = useTranslation();
  useServerTimelineQuery(serverId); // its events renew the list
  const { data } = useTimelineQuery(serverId);
  const [isOpen, setOpen] = useState(false);
  if (!data || data.length === 0) return null;
  return (
    <section className={cx(sections.card, styles.timeline)} data-testid="timeline">
      <h2>{t('timeline.title')}</h2>
      <ol className={styles.entries} aria-live="polite">
        {(isOpen ? data : data.slice(0, FEW)).map((entry, index) => (
          <Entry key={entry.id} entry={entry} isNow={index === 0} />
        ))}
      </ol>
      {!isOpen && data.length > FEW && (
        <Button look="quiet" onPress={() => setOpen(true)} data-testid="timeline-all">
          {t('timeline.all')}
        </Button>
      )}
    </section>
  );
}

function Entry({ entry, isNow }: { entry: TimelineEntry; isNow: boolean }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { at, state, trouble, tries, retryAt } = entry;
  const isDelayed = trouble === 'retry' || trouble === 'capacity';
  return (
    <li className={styles.entry} data-state={state} data-trouble={trouble ?? undefined}>
      <p className={styles.what}>
        <span>
          <strong>{t(isDelayed ? 'timeline.delayed' : `timeline.state.${state}`)}</strong>{' '}
          {tries > 1 && t('timeline.tries', { count: tries })}
        </span>
        <time dateTime={at}>{formatMoment(at, language)}</time>
      </p>
      {trouble && <p>{t(`timeline.why.${trouble}`)}</p>}
      {trouble && isNow && (
        <p>
          {t(`timeline.next.${trouble}`)} {retryAt && <Again at={retryAt} />}
        </p>
      )}
    </li>
  );
}

function Again({ at }: { at: string }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  if (Date.parse(at) <= Date.now()) return t('timeline.retrying');
  return t('timeline.retryAt', { time: formatMoment(at, language) });
}
