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
import type { Authorize } from './sign-in.ts';

/** A subscriber's account, as a program reaches it. */
export interface Account {
  /** Of the installation, without a slash at its end. */
  readonly origin: string;
  readonly server: Server;
  /** Absolute. */
  readonly serverUrl: string;
  readonly authorize: Authorize;
  readonly media: Client<typeof mediaApi & typeof libraryApi>;
  readonly links: Client<typeof linksApi>;
}

/** Of an address of the installation. Throws one plain sentence. */
export function originOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Error('--server must be an address like https://ptsd.example');
  }
  return new URL(url).origin;
}

/** Finds the account's server. Rejects with a `Problem`, or one plain sentence. */
export async function openAccount(origin: string, authorize: Authorize): Promise<Account> {
  const options = { fetch: (request: Request) => fetch(request), headers: authorize };
  const { items } = await createClient(subscriptionsApi, { ...options, baseUrl: origin }).listServers({});
  const server = items.find(({ state }) => state !== 'suspended' && state !== 'deleting');
  if (!server) throw new Problem('not_found', { detail: 'This account has no media server yet.' });
  const serverUrl = new URL(server.url, origin).href;
  return {
    ...{ origin, server, serverUrl, authorize },
    media: createClient({ ...mediaApi, ...libraryApi }, { ...options, baseUrl: serverUrl }),
    links: createClient(linksApi, { ...options, baseUrl: origin }),
  };
}
