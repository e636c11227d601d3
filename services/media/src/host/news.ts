import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@ptsdly/contract';
import { feedCursor } from '@ptsdly/db';
import { type Follower, follow, type Logger } from '@ptsdly/kit';
import type { MediaDatabase } from '../database.ts';
import type { OpenResponses } from '../playback/open-responses.ts';
import type { Rights } from '../playback/rights.ts';
import { type ControlLine, reachHost } from './control-line.ts';
import { LinkLease } from './link-lease.ts';

const FEEDS = ['links', 'identity', 'subscriptions'] as const;
/** Without these nothing is shown; sign-outs are not waited for, so that links play while identity is away. */
const NEEDED = ['links', 'subscriptions'] as const;
/** How long a first viewer waits for the news that this server slept through. */
const PATIENCE_MS = 5000;

export interface NewsOptions {
  readonly control: ControlLine;
  readonly serverId: string;
  readonly db: MediaDatabase;
  readonly rights: Rights;
  readonly responses: OpenResponses;
  readonly log: Logger;
}

/** The event feeds of the control plane, as the host passes them on. */
export class News {
  /** Without news of links for a while, nothing is shown by one. */
  readonly links: LinkLease;
  readonly #followers: readonly Follower[];
  readonly #caughtUp: Promise<unknown>;
  #current = false;

  constructor(options: NewsOptions) {
    const { responses } = options;
    const hurry = () => this.#followers[FEEDS.indexOf('links')]?.hurry();
    this.links = new LinkLease({ responses, hurry });
    this.#followers = FEEDS.map((feed) => followFeed(feed, options, this.links));
    this.#caughtUp = Promise.all(NEEDED.map((feed) => this.#followers[FEEDS.indexOf(feed)]?.caughtUp));
    void this.#caughtUp.then(() => {
      this.#current = true;
    });
  }

  get current(): boolean {
    return this.#current;
  }

  /**
   * Resolves when this server knows which links were revoked, and whether it was suspended, while it was away:
   * before that it must not show anything. Rejects with `unavailable` when that takes longer than a viewer waits.
   */
  async whenCurrent(): Promise<void> {
    if (this.#current) return;
    await Promise.race([this.#caughtUp, sleep(PATIENCE_MS, undefined, { ref: false })]);
    if (!this.#current) throw new Problem('unavailable', { retryAfter: 2 });
  }

  async close(): Promise<void> {
    this.links.close();
    await Promise.all(this.#followers.map((follower) => follower.close()));
  }
}

function followFeed(feed: (typeof FEEDS)[number], options: NewsOptions, links: LinkLease): Follower {
  const { control, serverId, db, rights, log } = options;
  const { fetch, baseUrl } = reachHost(control);
  return follow({
    consumer: `server:${serverId}`,
    serverId,
    fetch,
    baseUrl: `${baseUrl}/feeds/${feed}`,
    cursor: feedCursor(db, feed),
    from: 'end', // what happened before this server was made does not concern it
    apply: (event) => rights.apply(event),
    ...(feed === 'links' && { wait: () => links.wait, onAsk: () => links.ask() }),
    log: log.child({ feed }),
  });
}
