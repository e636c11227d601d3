import { useTranslation } from 'react-i18next';
import { formatMoment } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { MoreButton } from './MoreButton.tsx';
import styles from './Operator.module.css';
import { useAudit } from './useAudit.ts';

/** Everything that people with a role have done, newest first. */
export function AuditTrail() {
  const { t, i18n } = useTranslation();
  const { acts, problem, found } = useAudit();
  return (
    <section className={styles.section} aria-labelledby="audit">
      <h2 id="audit">{t('operator.audit')}</h2>
      {problem && <ProblemNotice problem={problem} />}
      {acts.length === 0 && <p>{t('operator.noActs')}</p>}
      <ul className={sections.list}>
        {acts.map((act) => (
          <li key={act.at + act.about} className={styles.act} data-testid="audit-entry">
            <strong>{act.what}</strong>
            {act.detail && <span>{act.detail}</span>}
            <span className={sections.byline}>
              <time dateTime={act.at}>{formatMoment(act.at, i18n.language)}</time>
              <span>{t('operator.about', { id: act.about })}</span>
              <span>{t('operator.by', { id: act.by })}</span>
            </span>
          </li>
        ))}
      </ul>
      <MoreButton found={found} />
    </section>
  );
}
