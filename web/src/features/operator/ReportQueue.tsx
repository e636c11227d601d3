import type { Report } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useReportsInfiniteQuery, type Verdict } from '../../api/operator.ts';
import { Button } from '../../ui/Button.tsx';
import { formatMoment } from '../../ui/format.ts';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { MoreButton } from './MoreButton.tsx';
import styles from './Operator.module.css';
import { VerdictDialog } from './VerdictDialog.tsx';

interface ReportedLink {
  readonly first: Report;
  readonly reports: readonly Report[];
}

/** The links that were reported, each with all that was said of it. */
export function ReportQueue({ acts }: { acts: boolean }) {
  const { t, i18n } = useTranslation();
  const found = useReportsInfiniteQuery();
  const { error } = found;
  const data = found.data?.pages.flatMap(({ items }) => items);
  const [asked, setAsked] = useState<Omit<Verdict, 'note'>>();
  return (
    <section className={styles.section} aria-labelledby="reports">
      <h2 id="reports">{t('operator.reports')}</h2>
      {error && <ProblemNotice problem={error} />}
      {data?.length === 0 && <EmptyState icon="leaf" title={t('operator.noReports')} />}
      {byLink(data ?? []).map(({ first, reports }) => (
        <article key={first.linkId} className={sections.card} data-testid="reported-link">
          <header className={styles.head}>
            <h3>{first.title ?? t('operator.untitled')}</h3>
            <a href={`/${first.code}`} target="_blank" rel="noreferrer" className={styles.code}>
              /{first.code}
            </a>
          </header>
          <ul className={styles.said}>
            {reports.map((report) => (
              <li key={report.at}>
                <strong>{t(`watch.report.reasons.${report.reason}`)}</strong>
                {report.detail && <span>{report.detail}</span>}
                <time dateTime={report.at}>{formatMoment(report.at, i18n.language)}</time>
              </li>
            ))}
          </ul>
          {acts && (
            <div className={styles.actions}>
              <Button
                look="danger"
                onPress={() => setAsked({ code: first.code, act: 'takedown' })}
                data-testid="take-down"
              >
                {t('operator.takedown')}
              </Button>
              <Button look="quiet" onPress={() => setAsked({ code: first.code, act: 'dismiss' })}>
                {t('operator.dismiss')}
              </Button>
            </div>
          )}
        </article>
      ))}
      <MoreButton found={found} />
      {asked && <VerdictDialog asked={asked} onClose={() => setAsked(undefined)} />}
    </section>
  );
}

function byLink(reports: readonly Report[]): ReportedLink[] {
  const groups = Map.groupBy(reports, ({ linkId }) => linkId);
  return [...groups.values()].map((group) => ({ first: group[0] as Report, reports: group }));
}
