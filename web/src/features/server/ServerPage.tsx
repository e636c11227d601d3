import { useTranslation } from 'react-i18next';
import { Navigate } from 'react-router';
import { useTitle } from '../../app/useTitle.ts';
import { LinkButton } from '../../ui/Button.tsx';
import { Loading } from '../../ui/Loading.tsx';
import { EmptyState, ProblemNotice } from '../../ui/Notice.tsx';
import { Library } from '../library/Library.tsx';
import { useLiveSubscription } from '../plans/useLiveSubscription.ts';
import { ServerCreation } from './ServerCreation.tsx';
import { ServerHeader } from './ServerHeader.tsx';
import { isUsable } from './serverStates.ts';
import { useMyServer } from './useMyServer.ts';
import { useReadyWords } from './useReadyWords.ts';

/** The home of somebody who is signed in. */
export function Component() {
  const { t } = useTranslation();
  const { server, isReady, error, refetch } = useMyServer();
  const { live } = useLiveSubscription();
  useTitle(server?.name || t('nav.server'));
  useReadyWords(server);
  if (!isReady && error) {
    return <ProblemNotice problem={error} onRetry={refetch} />;
  }
  if (!isReady) return <Loading />;
  if (!server) return <Navigate to="/app/plans" replace />;
  if (isUsable(server.state)) {
    return (
      <>
        <ServerHeader server={server} />
        <Library server={server} />
      </>
    );
  }
  if (server.state === 'suspended' || server.state === 'deleting') return <Stopped state={server.state} />;
  if (server.state === 'requested' && live?.state === 'incomplete') return <Stopped state="held" />;
  return <ServerCreation server={server} />;
}

function Stopped({ state }: { state: 'held' | 'suspended' | 'deleting' }) {
  const { t } = useTranslation();
  const words = state === 'deleting' ? 'gone' : state;
  return (
    <div data-testid="server-state" data-state={state}>
      <EmptyState isPage icon="pause" title={t(`server.${words}Title`)} text={t(`server.${words}Lead`)}>
        <LinkButton
          to={state === 'deleting' ? '/app/plans' : '/app/subscription'}
          data-testid="to-subscription"
        >
          {t(state === 'deleting' ? 'nav.plans' : 'subscription.title')}
        </LinkButton>
      </EmptyState>
    </div>
  );
}
