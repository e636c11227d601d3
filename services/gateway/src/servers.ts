import {
  createClient,
  type Event,
  Problem,
  type ServerAddress,
  subscriptionsInternalApi,
} from '@ptsdly/contract';
import { type Address, internalPeer, type ServiceTokens } from '@ptsdly/kit';
import type { Filter } from './exchange.ts';

const CACHE_MS = 10_000;

/** Finds the media server that a path names, by its slug; remembered until subscriptions says it changed. */
export class ServerDirectory {
  readonly #subscriptions;
  readonly #cache = new Map<string, { server: ServerAddress; until: number }>();

  constructor(subscriptions: Address, tokens: ServiceTokens) {
    this.#subscriptions = createClient(
      subscriptionsInternalApi,
      internalPeer('subscriptions', subscriptions, tokens),
    );
  }

  /** Sets `exchange.server`. Rejects with `not_found`, or `server_not_ready` while it has no address. */
  readonly filter: Filter = async (exchange) => {
    if (exchange.route?.upstream !== 'media') return;
    const server = await this.#bySlug(exchange.params.slug ?? '');
    if (!server.address) throw new Problem('server_not_ready', { retryAfter: 1 });
    exchange.server = { id: server.id, address: server.address };
  };

  forget({ data }: Event): void {
    if (data.type === 'server.changed') this.#cache.delete(data.slug);
  }

  async #bySlug(slug: string): Promise<ServerAddress> {
    const known = this.#cache.get(slug);
    if (known && known.until > Date.now()) return known.server;
    const server = await this.#subscriptions.serverBySlug({ params: { slug } });
    if (server.address) this.#cache.set(slug, { server, until: Date.now() + CACHE_MS });
    return server;
  }
}
