import type { Link as ShortLink } from '@ptsdly/contract';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import {
  useEraseStatsMutation,
  useLinkQuery,
  useLinkStatsQuery,
  useRevokeLinkMutation,
} from '../../api/links.ts';
import { useTitle } from '../../app/useTitle.ts';
import { problemText } from '../../i18n/problemText.ts';
import { Button } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { say, warn } from '../../ui/toasts.ts';
import { LinkOptions } from '../sharing/LinkOptions.tsx';
import { ShortUrl } from '../sharing/ShortUrl.tsx';
import { StatsView } from '../sharing/StatsView.tsx';
import styles from './Links.module.css';

/** One link: its address, its settings, and how it is used, as it happens. */
export function Component() {
  const { t } = useTranslation();
  const { id = '' } = useParams();
  const { data: link, error } = useLinkQuery(id);
  useTitle(link?.label ?? link?.videoTitle ?? t('links.one'));
  return (
    <div className={sections.page}>
      <Link to="/app/links" className={styles.back}>
        <Icon name="back" />
        {t('links.title')}
      </Link>
      {error && <ProblemNotice problem={error} />}
      {!link && !error && <Loading label={t('common.loading')} />}
      {link && <OneLink link={link} />}
    </div>
  );
}

function OneLink({ link }: { link: ShortLink }) {
  const { t } = useTranslation();
  const { data: stats, error } = useLinkStatsQuery(link.id, { refetchOnMountOrArgChange: true });
  const name = link.label ?? link.recipient ?? link.videoTitle ?? t('links.one');
  return (
    <>
      <h1>{name}</h1>
      <section className={sections.card}>
        <ShortUrl link={link} title={link.videoTitle ?? 'PTSD.ly'} />
        <LinkOptions link={link} level={2} />
      </section>
      <section className={sections.card} data-testid="stats">
        <h2>{t('stats.title')}</h2>
        {stats && <StatsView stats={stats} />}
        {error && <ProblemNotice problem={error} />}
        <p className={styles.files}>
          <a href={`/api/links/${link.id}/stats/export?format=csv&days=366`} download>
            {t('stats.csv')}
          </a>
          <a href={`/api/links/${link.id}/stats/export?format=json&days=366`} download>
            JSON
          </a>
          <Link to={`/app/videos/${link.videoId}/stats`}>{t('stats.ofVideo')}</Link>
        </p>
      </section>
      <Endings link={link} />
    </>
  );
}

function Endings({ link }: { link: ShortLink }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<'erase' | 'revoke'>();
  const [erase, erasing] = useEraseStatsMutation();
  const [revoke, revoking] = useRevokeLinkMutation();
  const confirmErase = async () => {
    const answer = await erase(link.id);
    setAsking(undefined);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('stats.erased'));
  };
  const confirmRevoke = async () => {
    const answer = await revoke(link.id);
    setAsking(undefined);
    if (answer.error) return warn(problemText(t, answer.error));
    say(t(answer.data.stopped === true ? 'share.revoked' : 'share.revokedPending'));
    await navigate('/app/links');
  };
  return (
    <div className={styles.endings}>
      <Button look="quiet" onPress={() => setAsking('erase')} data-testid="erase-stats">
        {t('stats.erase')}
      </Button>
      <Button look="danger" onPress={() => setAsking('revoke')} data-testid="revoke">
        {t('share.revoke')}
      </Button>
      <ConfirmDialog
        title={t('stats.eraseTitle')}
        text={t('stats.eraseText')}
        action={t('stats.erase')}
        isOpen={asking === 'erase'}
        isPending={erasing.isLoading}
        onConfirm={confirmErase}
        onClose={() => setAsking(undefined)}
        testId="confirm-erase"
      />
      <ConfirmDialog
        title={t('share.revokeTitle')}
        text={t('share.revokeText')}
        action={t('share.revoke')}
        isOpen={asking === 'revoke'}
        isPending={revoking.isLoading}
        onConfirm={confirmRevoke}
        onClose={() => setAsking(undefined)}
        testId="confirm-revoke"
      />
    </div>
  );
}
