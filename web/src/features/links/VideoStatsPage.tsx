import { VisuallyHidden } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useVideoStatsQuery } from '../../api/links.ts';
import { useTitle } from '../../app/useTitle.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { StatsView } from '../sharing/StatsView.tsx';
import styles from './Links.module.css';

/** All links of a video together. */
export function Component() {
  const { t } = useTranslation();
  const { id = '' } = useParams();
  useTitle(t('stats.ofVideo'));
  const { data, error } = useVideoStatsQuery(id, { refetchOnMountOrArgChange: true });
  return (
    <div className={sections.page}>
      <Link to={`/app/videos/${id}`} className={styles.back}>
        <Icon name="back" />
        {t('stats.toVideo')}
      </Link>
      <h1>{t('stats.ofVideo')}</h1>
      {error && <ProblemNotice problem={error} />}
      {!data && !error && <Loading label={t('common.loading')} />}
      {data && (
        <section className={sections.card} data-testid="stats">
          <VisuallyHidden elementType="h2">{t('stats.title')}</VisuallyHidden>
          <p>{t('stats.links', { count: data.links })}</p>
          <StatsView stats={data} />
        </section>
      )}
    </div>
  );
}
