import { useSubscriptionsQuery } from '../../api/subscriptions.ts';

/** The subscription that still counts, if any: there is at most one. */
export function useLiveSubscription() {
  const { data, ...rest } = useSubscriptionsQuery();
  return { ...rest, live: data?.find((one) => one.state !== 'ended' && one.state !== 'canceled') };
}
