import type { LinkStats } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { formatDate } from '../../ui/format.ts';
import { lastDays } from './lastDays.ts';
import chart from './Stats.module.css';

const DEVICES = ['phone', 'tablet', 'desktop', 'tv', 'other'] as const;
const SHOWN = 5;

/** How a link, or all of a video, is used. Every chart is a list that can be read out. */
export function StatsView({ stats }: { stats: LinkStats }) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const numbers = new Intl.NumberFormat(language);
  const regions = new Intl.DisplayNames([language], { type: 'region' });
  const devices = DEVICES.filter((device) => stats.devices[device]).map((device) => ({
    name: t(`stats.devices.${device}`),
    count: stats.devices[device] ?? 0,
  }));
  const sites = stats.referrers.slice(0, SHOWN).map(({ host, clicks }) => ({ name: host, count: clicks }));
  const countries = Object.entries(stats.countries)
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([code, count]) => ({ name: regions.of(code) ?? code, count }));
  const facts = [
    ['views', stats.views],
    ['plays', stats.plays],
    ['viewers', stats.uniqueViewers],
    ['clicks', stats.redirects],
  ] as const;
  return (
    <div className={chart.view}>
      <dl className={chart.numbers}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{t(`stats.${name}`)}</dt>
            <dd data-testid={`stats-${name}`}>{numbers.format(value)}</dd>
          </div>
        ))}
      </dl>
      <Days days={stats.days} />
      {stats.plays > 0 && <Completion stats={stats} />}
      {devices.length > 0 && <Counts title={t('stats.byDevice')} items={devices} />}
      {countries.length > 0 && <Counts title={t('stats.byCountry')} items={countries} />}
      {sites.length > 0 && <Counts title={t('stats.bySite')} items={sites} />}
      <p className={chart.note}>{t('stats.note')}</p>
    </div>
  );
}

function Days({ days }: Pick<LinkStats, 'days'>) {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const shown = lastDays(days, 14);
  const most = Math.max(1, ...shown.map(({ views }) => views));
  return (
    <figure className={chart.figure}>
      <figcaption>{t('stats.lastDays')}</figcaption>
      <ol className={chart.days}>
        {shown.map(({ day, views }) => (
          <Bar
            key={day}
            share={views / most}
            words={t('stats.day', { date: formatDate(`${day}T12:00:00Z`, language), count: views })}
          />
        ))}
      </ol>
    </figure>
  );
}

/** How far people watch: of all plays, those that have shown each part. */
function Completion({ stats: { plays, completion } }: { stats: LinkStats }) {
  const { t } = useTranslation();
  const step = 100 / completion.length;
  return (
    <figure className={chart.figure}>
      <figcaption>{t('stats.completion')}</figcaption>
      <ol className={chart.parts}>
        {completion.map((count, at) => (
          <Bar
            // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
            key={at}
            share={count / plays}
            words={t('stats.part', {
              from: at * step,
              to: (at + 1) * step,
              percent: Math.round((count / plays) * 100),
            })}
          />
        ))}
      </ol>
      <p className={chart.axis} aria-hidden>
        <span>{t('stats.beginning')}</span>
        <span>{t('stats.end')}</span>
      </p>
    </figure>
  );
}

function Bar({ share, words }: { share: number; words: string }) {
  return (
    <li title={words}>
      <span className={chart.bar} style={{ height: `${share * 100}%` }} />
      <span className={chart.words}>{words}</span>
    </li>
  );
}

function Counts({ title, items }: { title: string; items: readonly { name: string; count: number }[] }) {
  const [language] = useLanguage();
  const numbers = new Intl.NumberFormat(language);
  const most = Math.max(1, ...items.map(({ count }) => count));
  return (
    <section className={chart.counts}>
      <h3>{title}</h3>
      <ul>
        {items.map(({ name, count }) => (
          <li key={name} style={{ '--share': `${(count / most) * 100}%` } as React.CSSProperties}>
            <span>{name}</span>
            <span>{numbers.format(count)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
