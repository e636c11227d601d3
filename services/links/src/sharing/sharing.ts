import type { HandlerInput, linksApi } from '@ptsdly/contract';
import type { Feed } from '@ptsdly/kit';
import type { Cards } from '../cards/cards.ts';
import type { StartPosters } from '../cards/start-posters.ts';
import { type Alias, readAlias } from '../codes/alias.ts';
import type { Attempts } from '../opening/attempts.ts';
import { noLimits, readLimits } from './limits.ts';
import { invalid, type Limits, type LinkRecord } from './link.ts';
import type { Links, Target } from './links.ts';
import type { Sharer } from './sharer.ts';
import type { Videos } from './videos.ts';

type Changes = HandlerInput<typeof linksApi.updateLink>['body'];
type NewLink = HandlerInput<typeof linksApi.createLink>['body'];
type Batch = HandlerInput<typeof linksApi.createLinks>['body'];

interface StoppedAll {
  readonly revoked: number;
  readonly stopped: true | 'pending';
}

interface SharingParts {
  readonly links: Links;
  readonly videos: Videos;
  readonly cards: Cards;
  readonly startPosters: StartPosters;
  readonly feed: Feed;
  readonly aliases: Attempts;
  /**
   * How long a revocation waits for the media server to say that nothing flows any more. One that has not heard of it by
   * then has stopped by itself: its lease was of a question that it asked before.
   */
  readonly leaseSeconds: number;
}

/** Making and ending links where the media server has a say. */
export class Sharing {
  readonly #links: Links;
  readonly #videos: Videos;
  readonly #cards: Cards;
  readonly #feed: Feed;
  readonly #aliases: Attempts;
  readonly #startPosters: StartPosters;
  readonly #leaseMs: number;

  constructor(parts: SharingParts) {
    this.#startPosters = parts.startPosters;
    this.#leaseMs = parts.leaseSeconds * 1000;
    this.#aliases = parts.aliases;
    this.#links = parts.links;
    this.#videos = parts.videos;
    this.#cards = parts.cards;
    this.#feed = parts.feed;
  }

  /** Makes a link to a video that exists and is the caller's. */
  async share(body: NewLink, caller: Sharer): Promise<LinkRecord> {
    const alias = (await this.#readAlias(caller.sub, body.alias)) ?? null;
    const limits = await newLimits(body);
    const target = await this.target(body, caller);
    const link = await this.#links.create(target, limits, alias);
    this.#startPosters.want([link]);
    return link;
  }

  /** The same for several people, each with a link of their own; all of them or none. */
  async shareWithEach(body: Batch, caller: Sharer): Promise<readonly LinkRecord[]> {
    const limits = await newLimits(body);
    const target = await this.target(body, caller);
    const links = await this.#links.createAll(
      target,
      body.recipients.map((recipient) => ({ ...limits, recipient })),
    );
    this.#startPosters.want(links);
    return links;
  }

  /** What a link to a video leads to, once its server has said that it is the caller's. */
  async target(
    { serverId, videoId }: { serverId: string; videoId: string },
    caller: Sharer,
  ): Promise<Target> {
    const { slug, video } = await this.#videos.find(serverId, videoId, caller);
    const { title, duration, width, height } = video;
    await this.#cards.begin(serverId, videoId, { title, duration, width, height });
    return { ownerId: caller.sub, serverId, slug, videoId };
  }

  /** Changes the limits of a link, or its alias. */
  async change(caller: Sharer, id: string, body: Changes): Promise<LinkRecord> {
    const alias = await this.#readAlias(caller.sub, body.alias);
    const link = await this.#links.update(caller.sub, id, await readLimits(body), alias);
    if (body.startAt) this.#startPosters.want([link]);
    return link;
  }

  async #readAlias(ownerId: string, given: string | null | undefined): Promise<Alias | null | undefined> {
    if (typeof given !== 'string') return given;
    const alias = readAlias(given);
    await this.#aliases.take(ownerId);
    return alias;
  }

  /**
   * Revokes a link; true when no byte of it flows any more: the media server has applied the event, serves nothing, or
   * has been without news for so long that it shows nothing by links. `pending` means that this service closed before
   * it knew; the link is revoked all the same.
   */
  async stop(ownerId: string, id: string): Promise<true | 'pending'> {
    const { serverId, changedSeq } = await this.#links.revoke(ownerId, id);
    return this.#stopped(serverId, changedSeq);
  }

  /** Revokes all links of a video. */
  async stopAll(ownerId: string, videoId: string): Promise<StoppedAll> {
    return this.#allStopped(await this.#links.revokeAll(ownerId, videoId));
  }

  /** Revokes some links. */
  async stopChosen(ownerId: string, ids: readonly string[]): Promise<StoppedAll> {
    return this.#allStopped(await this.#links.revokeChosen(ownerId, ids));
  }

  async #allStopped(ended: readonly LinkRecord[]): Promise<StoppedAll> {
    const last = new Map(ended.map(({ serverId, changedSeq }) => [serverId, changedSeq]));
    const answers = await Promise.all([...last].map(([serverId, seq]) => this.#stopped(serverId, seq)));
    return { revoked: ended.length, stopped: answers.includes('pending') ? 'pending' : true };
  }

  async #stopped(serverId: string, changedSeq: number): Promise<true | 'pending'> {
    const begun = performance.now();
    const applied = this.#feed.appliedBy(`server:${serverId}`, changedSeq, this.#leaseMs);
    const silent = this.#videos.isServing(serverId).then((serving) => !serving);
    if ((await Promise.race([applied, silent])) || (await applied)) return true;
    return performance.now() - begun >= this.#leaseMs ? true : 'pending';
  }
}

/** The limits of a link that is about to be made. Throws `invalid_fields` for one that has ended already. */
export async function newLimits(body: Changes): Promise<Limits> {
  const limits = { ...noLimits, ...(await readLimits(body)) };
  if (limits.expiresAt !== null && limits.expiresAt <= Date.now()) {
    throw invalid('expiresAt', 'must lie in the future');
  }
  return limits;
}
