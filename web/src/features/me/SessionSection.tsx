import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEndOtherSessionsMutation, useEndSessionMutation, useSessionsQuery } from '../../api/account.ts';
import { problemText } from '../../i18n/problemText.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { Button } from '../../ui/Button.tsx';
import { ConfirmDialog } from '../../ui/Dialog.tsx';
import { formatDate } from '../../ui/format.ts';
import { ProblemNotice } from '../../ui/Notice.tsx';
import sections from '../../ui/Sections.module.css';
import { say, warn } from '../../ui/toasts.ts';
import styles from './Me.module.css';

/** Where this account is signed in, and how to end it there. */
export function SessionSection() {
  const { t } = useTranslation();
  const [language] = useLanguage();
  const { data: sessions = [], error } = useSessionsQuery();
  const [isAsking, setAsking] = useState(false);
  const [end] = useEndSessionMutation();
  const [endOthers, { isLoading }] = useEndOtherSessionsMutation();
  const endOne = async (id: string) => {
    const answer = await end(id);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('sessions.ended'));
  };
  const confirm = async () => {
    const answer = await endOthers();
    setAsking(false);
    if (answer.error) warn(problemText(t, answer.error));
    else say(t('sessions.allEnded'));
  };
  return (
    <section className={sections.card}>
      <header className={sections.head}>
        <h2>{t('sessions.title')}</h2>
        <Button look="quiet" onPress={() => setAsking(true)} data-testid="end-others">
          {t('sessions.endOthers')}
        </Button>
      </header>
      {error && <ProblemNotice problem={error} />}
      <ul className={styles.rows}>
        {sessions.map((session) => (
          <li
            key={session.id}
            className={styles.row}
            data-testid="session-row"
            data-current={session.isCurrent}
          >
            <div>
              <strong>{session.device === '–' ? t('sessions.unknown') : session.device}</strong>
              <small>
                {session.isCurrent
                  ? t('sessions.current')
                  : t(session.scopes ? 'sessions.program' : 'sessions.since', {
                      date: formatDate(session.createdAt, language),
                    })}
              </small>
              {session.scopes && (
                <small>
                  {session.scopes.map((scope) => t(`tokens.scope.${scope}`)).join(', ')} ·{' '}
                  {t('sessions.used', { date: formatDate(session.lastSeenAt, language) })}
                </small>
              )}
            </div>
            {!session.isCurrent && (
              <Button
                look="quiet"
                onPress={() => endOne(session.id)}
                aria-label={t('sessions.endOne', { device: session.device })}
              >
                {t('nav.signOut')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <ConfirmDialog
        title={t('sessions.endOthersTitle')}
        text={t('sessions.endOthersText')}
        action={t('nav.signOut')}
        isOpen={isAsking}
        isPending={isLoading}
        onConfirm={confirm}
        onClose={() => setAsking(false)}
        testId="confirm-end-others"
      />
    </section>
  );
}
