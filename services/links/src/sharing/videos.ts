import {
  createClient,
  identityInternalApi,
  mediaApi,
  Problem,
  subscriptionsInternalApi,
  type Video,
} from '@ptsdly/contract';
import { type Address, internalPeer, reach, type ServiceTokens } from '@ptsdly/kit';
import type { Grants } from '../opening/grant.ts';
import type { Sharer } from './sharer.ts';

const TIMEOUT_MS = 5000;
/** A server that converts much has other pictures to draw first. */
const FRAME_TIMEOUT_MS = 45_000;
const MAX_FRAME = 400_000;
const STATE_TIMEOUT_MS = 800;
/** States in which a server serves nothing. */
const SILENT: ReadonlySet<string> = new Set(['requested', 'asleep', 'suspended', 'purged']);

export interface VideosOptions {
  readonly identity: Address;
  readonly subscriptions: Address;
  readonly tokens: ServiceTokens;
  readonly grants: Pick<Grants, 'signFrame'>;
}

/** Asks the owner of the truth, a media server, about its videos. */
export class Videos {
  readonly #identity;
  readonly #subscriptions;
  readonly #grants: VideosOptions['grants'];

  constructor({ identity, subscriptions, tokens, grants }: VideosOptions) {
    this.#grants = grants;
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
  async find(serverId: string, videoId: string, caller: Sharer) {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const server = await this.#reachAs(caller, serverId, signal);
      return { slug: server.slug, video: await getVideo(server, videoId, signal) };
    } catch (cause) {
      throw asked(cause);
    }
  }

  /**
   * The picture of a video at a moment (seconds), JPEG, for which links asks in its own name: the owner's token would be over
   * before a long import is. Rejects where there is none, and with `unavailable` where the server sleeps.
   */
  async frame(
    { serverId, videoId, at }: { readonly serverId: string; readonly videoId: string; readonly at: number },
    stop: AbortSignal,
  ): Promise<Buffer> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(FRAME_TIMEOUT_MS)]);
    const server = await this.#subscriptions.serverById({ params: { id: serverId } }, { signal });
    const { address, slug, state } = server;
    if (address === null || SILENT.has(state)) throw new Problem('unavailable', { retryAfter: 2 });
    const token = await this.#grants.signFrame(serverId, { videoId, frameAt: at }, Date.now());
    const { fetch, baseUrl } = reach(address);
    const url = `${baseUrl}/m/${slug}/videos/${encodeURIComponent(videoId)}/frame?at=${at}`;
    const answer = await fetch(new Request(url, { headers: { authorization: `Bearer ${token}` }, signal }));
    if (answer.status !== 200) throw await Problem.fromResponse(answer);
    const jpeg = Buffer.from(await answer.arrayBuffer());
    if (jpeg.length > MAX_FRAME) throw new Problem('body_too_large');
    return jpeg;
  }

  /** A server of the caller's, with a token for it in their name. */
  async #reachAs(caller: Sharer, serverId: string, signal: AbortSignal): Promise<Reached> {
    const { address, ownerId, slug } = await this.#subscriptions.serverById(
      { params: { id: serverId } },
      { signal },
    );
    if (ownerId !== caller.sub) throw new Problem('not_found');
    if (address === null) throw new Problem('unavailable', { retryAfter: 2 });
    const body = { audience: `server:${serverId}`, subjectToken: caller.token };
    const { token } = await this.#identity.issueToken({ body }, { signal });
    return { address, slug, token };
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

interface Reached {
  readonly address: string;
  readonly slug: string;
  readonly token: string;
}

function getVideo({ address, slug, token }: Reached, id: string, signal: AbortSignal): Promise<Video> {
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
