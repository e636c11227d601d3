import {
  createClient,
  identityInternalApi,
  mediaApi,
  Problem,
  type ServerAddress,
  subscriptionsInternalApi,
  type Video,
} from '@ptsdly/contract';
import { type Address, internalPeer, reach, type ServiceTokens } from '@ptsdly/kit';

const TIMEOUT_MS = 5000;
const STATE_TIMEOUT_MS = 800;
/** States in which a server serves nothing. */
const SILENT: ReadonlySet<string> = new Set(['requested', 'asleep', 'suspended', 'purged']);

export interface VideosOptions {
  readonly identity: Address;
  readonly subscriptions: Address;
  readonly tokens: ServiceTokens;
}

/** Asks the owner of the truth, a media server, about its videos. */
export class Videos {
  readonly #identity;
  readonly #subscriptions;

  constructor({ identity, subscriptions, tokens }: VideosOptions) {
    this.#identity = createClient(identityInternalApi, internalPeer('identity', identity, tokens));
    this.#subscriptions = createClient(
      subscriptionsInternalApi,
      internalPeer('subscriptions', subscriptions, tokens),
    );
  }

  /**
   * A video of the caller, asked of its server in the caller's own name. Rejects with `not_found` for what is
   * unknown or another's, `unavailable` when the server cannot be asked.
   */
  async find(serverId: string, videoId: string, caller: { sub: string; token: string }) {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const server = await this.#subscriptions.serverById({ params: { id: serverId } }, { signal });
      if (server.ownerId !== caller.sub) throw new Problem('not_found');
      if (server.address === null) throw new Problem('unavailable', { retryAfter: 2 });
      const body = { audience: `server:${serverId}`, subjectToken: caller.token };
      const { token } = await this.#identity.issueToken({ body }, { signal });
      return { slug: server.slug, video: await getVideo(server, server.address, videoId, token, signal) };
    } catch (cause) {
      throw asked(cause);
    }
  }

  /** Whether the server may be serving bytes now; true where nobody can say. */
  async isServing(serverId: string): Promise<boolean> {
    const signal = AbortSignal.timeout(STATE_TIMEOUT_MS);
    try {
      const server = await this.#subscriptions.serverById({ params: { id: serverId } }, { signal });
      return server.address !== null && !SILENT.has(server.state);
    } catch (cause) {
      return !(cause instanceof Problem && cause.code === 'not_found');
    }
  }
}

function getVideo(
  { slug }: ServerAddress,
  address: string,
  id: string,
  token: string,
  signal: AbortSignal,
): Promise<Video> {
  const { fetch, baseUrl } = reach(address);
  const headers = () => ({ authorization: `Bearer ${token}` });
  const media = createClient(mediaApi, { fetch, baseUrl: `${baseUrl}/m/${slug}`, headers });
  return media.getVideo({ params: { id } }, { signal }).catch((cause: unknown) => {
    const refused = cause instanceof Problem && cause.code === 'forbidden';
    throw refused ? new Problem('not_found') : cause;
  });
}

/** What the caller is told: unknown and another's are the same; any failure on the way is `unavailable`. */
function asked(cause: unknown): Problem {
  const problem = Problem.from(cause);
  if (problem.code === 'insufficient_scope') return problem;
  if (problem.code === 'not_found' || problem.code === 'unauthenticated') return new Problem(problem.code);
  return new Problem('unavailable', { cause, retryAfter: problem.retryAfter ?? 2 });
}
