import type { Link as ShortLink } from '@ptsdly/contract';
import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useLinkStatsQuery } from '../../api/links.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import styles from './Sharing.module.css';
import { StatsView } from './StatsView.tsx';

/** How a link is used; asked for only while it is looked at, and then as it happens. */
export function LinkStats({ link }: { link: ShortLink }) {
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
          {data && <StatsView stats={data} />}
          {error && <ProblemNotice problem={error} />}
          {!data && !error && <Loading label={t('common.loading')} />}
          <Link to={`/app/links/${link.id}`}>{t('stats.page')}</Link>
        </div>
      </DisclosurePanel>
    </Disclosure>
  );
}
