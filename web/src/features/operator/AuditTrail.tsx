import { useTranslation } from 'react-i18next';
import { useAccountActsQuery, useDecisionsQuery } from '../../api/operator.ts';
import { formatMoment } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import links from '../links/Links.module.css';
import styles from './Operator.module.css';

interface Act {
  readonly at: string;
  readonly what: string;
  readonly about: string;
  readonly detail: string;
  readonly by: string;
}

/** Everything that people with a role have done, newest first. */
export function AuditTrail() {
  const { t, i18n } = useTranslation();
  const decisions = useDecisionsQuery();
  const acts = useAccountActsQuery();
  const problem = decisions.error ?? acts.error;
  const all: Act[] = [
    ...(decisions.data ?? []).map(({ at, action, linkId, note, by }) => ({
      ...{ at, about: linkId, detail: note, by },
      what: t(`operator.${action}`),
    })),
    ...(acts.data ?? []).map(({ at, action, subject, detail, actor }) => ({
      ...{ at, about: subject, detail, by: actor },
      what: t(`operator.acts.${action}` as 'operator.acts.other', { defaultValue: action }),
    })),
  ].sort((a, b) => (a.at < b.at ? 1 : -1));
  return (
    <section className={styles.section} aria-labelledby="audit">
      <h2 id="audit">{t('operator.audit')}</h2>
      {problem && <ProblemNotice problem={problem} />}
      {all.length === 0 && <p>{t('operator.noActs')}</p>}
      <ul className={links.rows}>
        {all.map((act) => (
          <li key={act.at + act.about} className={styles.act} data-testid="audit-entry">
            <strong>{act.what}</strong>
            {act.detail && <span>{act.detail}</span>}
            <span className={links.facts}>
              <time dateTime={act.at}>{formatMoment(act.at, i18n.language)}</time>
              <span>{t('operator.about', { id: act.about })}</span>
              <span>{t('operator.by', { id: act.by })}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
