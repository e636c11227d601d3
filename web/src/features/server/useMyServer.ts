import { useServersQuery } from '../../api/subscriptions.ts';

/** One account has one server; those that are gone are not counted. */
export function useMyServer() {
  const { data, error, refetch } = useServersQuery();
  const server = data?.find((one) => one.state !== 'purged') ?? null;
  return { server, isReady: data !== undefined, error, refetch };
}
