import {
  type Client,
  createClient,
  libraryApi,
  linksApi,
  mediaApi,
  Problem,
  type Server,
  subscriptionsApi,
} from '@ptsdly/contract';

/** A subscriber's account, as an API token reaches it. */
export interface Account {
  /** Of the installation, without a slash at its end. */
  readonly origin: string;
  readonly server: Server;
  /** Absolute. */
  readonly serverUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly media: Client<typeof mediaApi & typeof libraryApi>;
  readonly links: Client<typeof linksApi>;
}

/** Finds the account's server. Rejects with a `Problem`, or one plain sentence. */
export async function openAccount(url: string, token: string): Promise<Account> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Error('--server must be an address like https://ptsd.example');
  }
  const { origin } = new URL(url);
  const headers = { authorization: `Bearer ${token}` };
  const options = { fetch: (request: Request) => fetch(request), headers: () => headers };
  const { items } = await createClient(subscriptionsApi, { ...options, baseUrl: origin }).listServers({});
  const server = items.find(({ state }) => state !== 'suspended' && state !== 'deleting');
  if (!server) throw new Problem('not_found', { detail: 'This account has no media server yet.' });
  const serverUrl = new URL(server.url, origin).href;
  return {
    ...{ origin, server, serverUrl, headers },
    media: createClient({ ...mediaApi, ...libraryApi }, { ...options, baseUrl: serverUrl }),
    links: createClient(linksApi, { ...options, baseUrl: origin }),
  };
}
