import { createClient, linksApi, mediaApi, type Server, subscriptionsApi } from '@ptsdly/contract';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/**
 * What every service but identity keeps of me, each asked for its own. A server that is asleep or away is named with
 * the reason, so that nothing is left out silently.
 */
export async function collect() {
  const at = (base: string) => ({
    baseUrl: new URL(base, location.origin).href,
    fetch: (sent: Request) => fetch(sent),
  });
  const subscriptions = createClient(subscriptionsApi, at('/'));
  const links = createClient(linksApi, at('/'));
  const [mySubscriptions, servers] = await Promise.all([
    subscriptions.listSubscriptions({}),
    everyPage((cursor) => subscriptions.listServers({ query: { limit: 200, cursor } })),
  ]);
  const videosOf = async (server: Server) => {
    const media = createClient(mediaApi, at(server.url));
    return everyPage((cursor) => media.listVideos({ query: { limit: 200, cursor } })).catch(
      (reason: Error) => ({ notAvailable: reason.message }),
    );
  };
  return {
    subscriptions: mySubscriptions.items,
    servers: await Promise.all(
      servers.map(async (server) => ({ ...server, videos: await videosOf(server) })),
    ),
    links: await everyPage((cursor) => links.listLinks({ query: { limit: 200, cursor } })),
  };
}

async function everyPage<T>(ask: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return all;
}
