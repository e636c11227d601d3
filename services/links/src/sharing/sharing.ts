import type { HandlerInput, linksApi } from '@ptsdly/contract';
import type { Feed } from '@ptsdly/kit';
import type { Cards } from '../cards/cards.ts';
import { type Alias, readAlias } from '../codes/alias.ts';
import { Attempts } from '../opening/attempts.ts';
import { noLimits, readLimits } from './limits.ts';
import { invalid, type LinkRecord } from './link.ts';
import type { Links } from './links.ts';
import type { Videos } from './videos.ts';

type Changes = HandlerInput<typeof linksApi.updateLink>['body'];

/** How long a revocation waits for the media server to say that nothing flows any more. */
const STOP_MS = 900;

/** Making and ending links where the media server has a say. */
export class Sharing {
  readonly #links: Links;
  readonly #videos: Videos;
  readonly #cards: Cards;
  readonly #feed: Feed;
  /** An alias that is taken tells that it is, so asking is slow: 20 at once, then one every 15 seconds, an owner. */
  readonly #aliases = new Attempts({ burst: 20, refillMs: 15_000 });

  constructor(parts: { links: Links; videos: Videos; cards: Cards; feed: Feed }) {
    this.#links = parts.links;
    this.#videos = parts.videos;
    this.#cards = parts.cards;
    this.#feed = parts.feed;
  }

  /** Makes a link to a video that exists and is the caller's. */
  async share(
    body: HandlerInput<typeof linksApi.createLink>['body'],
    caller: { sub: string; token: string },
  ): Promise<LinkRecord> {
    const { serverId, videoId } = body;
    const alias = this.#readAlias(caller.sub, body.alias) ?? null;
    const limits = { ...noLimits, ...(await readLimits(body)) };
    if (limits.expiresAt !== null && limits.expiresAt <= Date.now()) {
      throw invalid('expiresAt', 'must lie in the future');
    }
    const { slug, video } = await this.#videos.find(serverId, videoId, caller);
    const { title, duration, width, height } = video;
    const link = await this.#links.create({ ownerId: caller.sub, serverId, slug, videoId }, limits, alias);
    await this.#cards.begin(serverId, videoId, { title, duration, width, height });
    return link;
  }

  /** Changes the limits of a link, or its alias. */
  async change(ownerId: string, id: string, body: Changes): Promise<LinkRecord> {
    const alias = this.#readAlias(ownerId, body.alias);
    return this.#links.update(ownerId, id, await readLimits(body), alias);
  }

  #readAlias(ownerId: string, given: string | null | undefined): Alias | null | undefined {
    if (typeof given !== 'string') return given;
    const alias = readAlias(given);
    this.#aliases.take(ownerId);
    return alias;
  }

  /**
   * Revokes a link; true when no byte of it flows any more: the media server has applied the event, or serves
   * nothing. `pending` means that it will apply it before it serves another byte.
   */
  async stop(ownerId: string, id: string): Promise<true | 'pending'> {
    const { serverId, changedSeq } = await this.#links.revoke(ownerId, id);
    return this.#stopped(serverId, changedSeq);
  }

  /** Revokes all links of a video. */
  async stopAll(ownerId: string, videoId: string): Promise<{ revoked: number; stopped: true | 'pending' }> {
    const ended = await this.#links.revokeAll(ownerId, videoId);
    const last = new Map(ended.map(({ serverId, changedSeq }) => [serverId, changedSeq]));
    const answers = await Promise.all([...last].map(([serverId, seq]) => this.#stopped(serverId, seq)));
    return { revoked: ended.length, stopped: answers.includes('pending') ? 'pending' : true };
  }

  async #stopped(serverId: string, changedSeq: number): Promise<true | 'pending'> {
    const applied = this.#feed.appliedBy(`server:${serverId}`, changedSeq, STOP_MS);
    const silent = this.#videos.isServing(serverId).then((serving) => !serving);
    const stopped = (await Promise.race([applied, silent])) || (await applied) || (await silent);
    return stopped ? true : 'pending';
  }
}
