import type { Server } from '@ptsdly/contract';
import { useTranslation } from 'react-i18next';
import { useServersQuery, useServerTimelineQuery, useTimelineQuery } from '../../api/subscriptions.ts';
import { cx } from '../../ui/cx.ts';
import { Icon } from '../../ui/Icon.tsx';
import styles from './Server.module.css';
import { creation, stepOf } from './serverStates.ts';
import { Timeline } from './Timeline.tsx';

/** Where a network holds event streams back, asking now and then still gets there. */
const askEvery = 3000;

/** The server as it comes to life; follows its events, and the page moves on when it is ready. */
export function ServerCreation({ server: listed }: { server: Server }) {
  const { t } = useTranslation();
  const { data: server = listed } = useServerTimelineQuery(listed.id);
  useServersQuery(undefined, { pollingInterval: askEvery });
  const failed = server.state === 'failed';
  const { data: history } = useTimelineQuery(listed.id);
  const isHeldUp = (history?.[0]?.trouble ?? null) !== null;
  const reached = stepOf(server.state);
  return (
    <section className={styles.creation} data-testid="server-state" data-state={server.state}>
      <span className={cx(styles.lamp, failed && styles.lampOff)} aria-hidden="true" />
      <h1>{t(failed ? 'server.failedTitle' : isHeldUp ? 'timeline.delayed' : 'server.creating')}</h1>
      <p>{t(failed || isHeldUp ? 'server.failedLead' : 'server.creatingLead')}</p>
      {(failed || isHeldUp) && <Timeline serverId={server.id} />}
      {!failed && (
        <ol className={styles.steps} aria-live="polite">
          {creation.map((step, index) => (
            <li
              key={step}
              className={cx(styles.step, index < reached && styles.past, index === reached && styles.now)}
              aria-current={index === reached ? 'step' : undefined}
            >
              <span className={styles.dot}>{index < reached && <Icon name="check" size={16} />}</span>
              {t(`server.steps.${step}`)}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
