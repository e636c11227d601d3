import type { Link, LinkStats as Stats } from '@ptsdly/contract';
import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useLinkStatsQuery } from '../../api/links.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { formatDate } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import { lastDays } from './lastDays.ts';
import styles from './Sharing.module.css';
import chart from './Stats.module.css';

const DEVICES = ['phone', 'tablet', 'desktop', 'tv', 'other'] as const;

/** How a link is used; asked for only while it is looked at. */
export function LinkStats({ link }: { link: Link }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const { data, error } = useLinkStatsQuery(link.id, { skip: !isOpen, refetchOnMountOrArgChange: true });
  return (
    <Disclosure className={styles.options!} isExpanded={isOpen} onExpandedChange={setOpen}>
      <Heading className={styles.optionsHead}>
        <AriaButton slot="trigger" className={styles.optionsButton!} data-testid="link-stats">
          {t('stats.title')}
          <Icon name="down" />
        </AriaButton>
      </Heading>
      <DisclosurePanel>
        <div className={styles.form} data-testid="stats">
          {data && <Facts stats={data} />}
          {error && <ProblemNotice problem={error} />}
          {!data && !error && <Loading label={t('common.loading')} />}
        </div>
      </DisclosurePanel>
    </Disclosure>
  );
}

function Facts({ stats }: { stats: Stats }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const numbers = new Intl.NumberFormat(language);
  const devices = DEVICES.filter((device) => stats.devices[device]).map((device) => ({
    name: t(`stats.devices.${device}`),
    count: stats.devices[device] ?? 0,
  }));
  const sites = stats.referrers.slice(0, 5).map(({ host, clicks }) => ({ name: host, count: clicks }));
  return (
    <>
      <dl className={chart.numbers}>
        <Fact name={t('stats.views')} value={numbers.format(stats.views)} />
        <Fact name={t('stats.viewers')} value={numbers.format(stats.uniqueViewers)} />
        <Fact name={t('stats.clicks')} value={numbers.format(stats.redirects)} />
      </dl>
      <Days days={stats.days} />
      {devices.length > 0 && <Counts title={t('stats.byDevice')} items={devices} />}
      {sites.length > 0 && <Counts title={t('stats.bySite')} items={sites} />}
      <p className={chart.note}>{t('stats.note')}</p>
    </>
  );
}

function Days({ days }: Pick<Stats, 'days'>) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const shown = lastDays(days, 14);
  const most = Math.max(1, ...shown.map(({ views }) => views));
  return (
    <figure className={chart.figure}>
      <figcaption>{t('stats.lastDays')}</figcaption>
      <ol className={chart.days}>
        {shown.map(({ day, views }) => {
          const words = t('stats.day', { date: formatDate(`${day}T12:00:00Z`, language), count: views });
          return (
            <li key={day} title={words}>
              <span className={chart.bar} style={{ height: `${(views / most) * 100}%` }} />
              <span className={chart.words}>{words}</span>
            </li>
          );
        })}
      </ol>
    </figure>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Counts({ title, items }: { title: string; items: readonly { name: string; count: number }[] }) {
  return (
    <section className={chart.counts}>
      <h4>{title}</h4>
      <ul>
        {items.map(({ name, count }) => (
          <li key={name}>
            <span>{name}</span>
            <span>{count}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
