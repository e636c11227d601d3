import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTakenDownInfiniteQuery, type Verdict } from '../../api/operator.ts';
import { Button } from '../../ui/Button.tsx';
import { formatMoment } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { MoreButton } from './MoreButton.tsx';
import styles from './Operator.module.css';
import { VerdictDialog } from './VerdictDialog.tsx';

/** The links that are taken down; an administrator puts one back. */
export function TakenDown({ acts }: { acts: boolean }) {
  const { t, i18n } = useTranslation();
  const found = useTakenDownInfiniteQuery();
  const { error } = found;
  const data = found.data?.pages.flatMap(({ items }) => items);
  const [asked, setAsked] = useState<Omit<Verdict, 'note'>>();
  return (
    <section className={styles.section} aria-labelledby="taken-down">
      <h2 id="taken-down">{t('operator.takenDown')}</h2>
      {error && <ProblemNotice problem={error} />}
      {data?.length === 0 && !found.hasNextPage && <p>{t('operator.noTakenDown')}</p>}
      <ul className={sections.list}>
        {data?.map(({ code, linkId, title, note, at, by }) => (
          <li key={linkId} className={styles.account} data-testid="taken-down-link">
            <div className={styles.decided}>
              <strong>{title ?? t('operator.untitled')}</strong>
              <span className={styles.code}>/{code}</span>
              <span>{note}</span>
              <span className={sections.byline}>
                <time dateTime={at}>{formatMoment(at, i18n.language)}</time>
                <span>{t('operator.by', { id: by })}</span>
              </span>
            </div>
            {acts && (
              <Button
                look="quiet"
                onPress={() => setAsked({ code, act: 'restore' })}
                aria-label={t('operator.restoreOf', { title: title ?? code })}
                data-testid="restore"
              >
                {t('operator.restore')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <MoreButton found={found} />
      {asked && <VerdictDialog asked={asked} onClose={() => setAsked(undefined)} />}
    </section>
  );
}
