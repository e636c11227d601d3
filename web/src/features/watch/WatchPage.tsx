import { lazy, Suspense, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../../ui/cx.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { usePlaySession } from '../player/usePlaySession.ts';
import { openLink, placeKeyOf } from './openLink.ts';
import { PasswordForm } from './PasswordForm.tsx';
import type { Place } from './place.ts';
import { useStage } from './useStage.ts';
import styles from './Watch.module.css';
import { WatchFooter } from './WatchFooter.tsx';
import { WatchMessage } from './WatchMessage.tsx';

const Player = lazy(() => import('../player/Player.tsx'));

/** What a friend sees. An embedded player waits for a tap, so that a view is a view. */
export function WatchPage({ place }: { place: Place }) {
  const { t } = useTranslation();
  const password = useRef<string>(undefined);
  const open = () => openLink(place, password.current);
  const { state, start, end, lost } = usePlaySession(open, !place.embedded);
  const unlock = (given: string) => {
    password.current = given;
    start();
  };
  const stage = useRef<HTMLElement>(null);
  useStage(stage, place.code, state.is === 'playing' ? state.session : undefined);
  const reportable = state.is !== 'problem' || isLocked(state.problem.code);
  const content = () => {
    switch (state.is) {
      case 'idle':
        return <PlayCard code={place.code} onPlay={start} />;
      case 'opening':
        return <Loading label={t('watch.opening')} />;
      case 'playing':
        return (
          <Suspense fallback={<Loading label={t('watch.opening')} />}>
            <Player
              key={state.session.play.session}
              session={state.session}
              placeKey={placeKeyOf(place.code)}
              onEnded={end}
              onLost={lost}
              onRetry={start}
            />
          </Suspense>
        );
      case 'waiting':
        return <WatchMessage problem={state.problem} isWaiting />;
      case 'ended':
        return <WatchMessage />;
      case 'problem':
        return isLocked(state.problem.code) ? (
          <PasswordForm problem={state.problem} onSubmit={unlock} />
        ) : (
          <WatchMessage problem={state.problem} onRetry={start} />
        );
    }
  };
  return (
    <div className={cx(styles.page, place.embedded && styles.embedded)}>
      <main className={styles.stage} ref={stage}>
        {content()}
      </main>
      {!place.embedded && (
        <WatchFooter
          play={state.is === 'playing' ? state.session.play : null}
          code={reportable ? place.code : null}
        />
      )}
    </div>
  );
}

const isLocked = (code: string) => code === 'password_required' || code === 'wrong_password';

function PlayCard({ code, onPlay }: { code: string; onPlay: () => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className={styles.card}
      onClick={onPlay}
      aria-label={t('player.play')}
      data-testid="embed-play"
    >
      <img src={`/watch/${encodeURIComponent(code)}/card.jpg`} alt="" onError={hide} />
      <span className={styles.cardSign}>
        <Icon name="play" size={36} />
      </span>
    </button>
  );
}

const hide = (event: React.SyntheticEvent<HTMLImageElement>) => {
  event.currentTarget.hidden = true;
};
