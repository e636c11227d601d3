import {
  createClient,
  type Event,
  Problem,
  type ServerAddress,
  subscriptionsInternalApi,
} from '@ptsdly/contract';
import { type Address, internalPeer, type ServiceTokens } from '@ptsdly/kit';
import { type Exchange, type Filter, header } from './exchange.ts';

const CACHE_MS = 10_000;
/** Whose server was known a moment ago waits no longer than this for news of it, and asks for news no more often. */
const NEWS_MS = 1000;
/** Seconds that a request is held while its server wakes or is renewed. */
const HOLD_SECONDS = 10;
const COMES_BACK_SECONDS = 2;
/** Whoever only looks does not wake a server; asked to come again after this. */
const LOOKERS_SECONDS = 60;
const BOT = /bot|crawl|spider|preview|facebookexternalhit|slurp|whatsapp|telegram|kakaotalk-scrap|monitor/i;

/** Nothing is told on this event stream, and its reader shall not come back by itself (HTML Living Standard §9.2.2). */
export class NothingToTell extends Error {
  override readonly name = 'NothingToTell';
}

interface Known {
  readonly server: ServerAddress;
  /** When news of it is asked for, in milliseconds since 1970. */
  until: number;
}

/** Finds the media server that a path names, by its slug; remembered until subscriptions says it changed. */
export class ServerDirectory {
  readonly #subscriptions;
  readonly #cache = new Map<string, Known>();

  constructor(subscriptions: Address, tokens: ServiceTokens) {
    this.#subscriptions = createClient(
      subscriptionsInternalApi,
      internalPeer('subscriptions', subscriptions, tokens),
    );
  }

  /** Sets `exchange.server`, which may have no address yet. Rejects with `not_found`. */
  readonly find: Filter = (exchange) => {
    if (exchange.route?.upstream === 'media') return this.#find(exchange);
  };

  /**
   * Holds a request whose server sleeps, wakes or is renewed until it is there. After the token was checked, so that
   * strangers wake nobody's server. Rejects with `server_not_ready`, or `NothingToTell` for an event stream.
   */
  readonly await: Filter = (exchange) => {
    if (exchange.route?.upstream === 'media' && !exchange.server?.address) return this.#await(exchange);
  };

  async #find(exchange: Exchange): Promise<void> {
    exchange.server = await this.#bySlug(exchange.params.slug ?? '');
  }

  async #await(exchange: Exchange): Promise<void> {
    const asleep = exchange.server?.state === 'asleep';
    if (asleep && isStream(exchange)) throw new NothingToTell();
    if (asleep && onlyLooks(exchange)) throw new Problem('server_not_ready', { retryAfter: LOOKERS_SECONDS });
    exchange.server = await this.#bySlug(exchange.params.slug ?? '', { wake: 'yes', wait: HOLD_SECONDS });
    if (!exchange.server.address) throw new Problem('server_not_ready', { retryAfter: COMES_BACK_SECONDS });
  }

  /** The server that was there a moment ago is not: what is known of it is looked up again. */
  async again(exchange: Exchange): Promise<void> {
    const slug = exchange.params.slug ?? '';
    const known = this.#cache.get(slug);
    if (known) known.until = 0;
    exchange.server = await this.#bySlug(slug);
    await this.await(exchange);
  }

  forget({ data }: Event): void {
    if (data.type === 'server.changed') this.#cache.delete(data.slug);
  }

  async #bySlug(slug: string, query: { wake?: 'yes'; wait?: number } = {}): Promise<ServerAddress> {
    const known = this.#cache.get(slug);
    if (known && known.until > Date.now()) return known.server;
    // Who watches needs no control plane: what was true a moment ago is, as long as nobody says otherwise.
    const soon = known?.server.address && !query.wait ? { signal: AbortSignal.timeout(NEWS_MS) } : {};
    const server = await this.#subscriptions
      .serverBySlug({ params: { slug }, query }, soon)
      .catch((thrown: unknown) => {
        const isAway = soon.signal?.aborted || Problem.from(thrown).code === 'unavailable';
        if (!known?.server.address || !isAway) throw thrown;
        known.until = Date.now() + NEWS_MS;
        return undefined;
      });
    if (!server) return (known as Known).server;
    if (server.address) this.#cache.set(slug, { server, until: Date.now() + CACHE_MS });
    return server;
  }
}

const isStream = ({ request, path }: Exchange): boolean =>
  path.endsWith('/events') || /text\/event-stream/.test(header(request, 'accept') ?? '');

/** HEAD resumes an upload too, but then its sender has a token. */
const onlyLooks = ({ request, token }: Exchange): boolean =>
  token === undefined && (request.method === 'HEAD' || BOT.test(header(request, 'user-agent') ?? ''));
