import type { Event, EventData } from '@ptsdly/contract';
import { appendEvent } from '@ptsdly/kv';
import type { Cards } from '../cards/cards.ts';
import type { Clicks } from '../clicks/clicks.ts';
import type { AliasRecord } from '../codes/alias.ts';
import { TOMBSTONE } from '../codes/resolve.ts';
import { keys } from '../keys.ts';
import { forgetReports } from '../moderation/moderation.ts';
import type { Statistics } from '../statistics/statistics.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';
import type { Ledger } from './ledger.ts';
import type { LinkRecord } from './link.ts';

/** Links in one transaction. */
const SLICE = 100;

/**
 * Ends links when what they stand on is gone. Each step bears being done again, so an event that arrives twice, or
 * a crash in the middle, does no harm. A mark is written first: no link is made behind the sweep's back.
 */
export class Endings {
  readonly #ledger: Ledger;
  readonly #cards: Cards;
  readonly #clicks: Clicks;
  readonly #statistics: Statistics;
  readonly #webhooks: Webhooks;

  constructor(
    ledger: Ledger,
    parts: { cards: Cards; clicks: Clicks; statistics: Statistics; webhooks: Webhooks },
  ) {
    this.#ledger = ledger;
    this.#cards = parts.cards;
    this.#clicks = parts.clicks;
    this.#statistics = parts.statistics;
    this.#webhooks = parts.webhooks;
  }

  /** Applies a fact of identity or subscriptions; what does not concern links is passed over. */
  async apply({ data }: Event): Promise<void> {
    if (data.type === 'video.deleted') await this.videoDeleted(data.serverId, data.videoId);
    if (data.type === 'server.changed' && data.state === 'purged') await this.serverPurged(data.serverId);
    if (data.type === 'user.deleted') await this.userDeleted(data.userId);
  }

  async videoDeleted(serverId: string, videoId: string): Promise<void> {
    await this.#ledger.kv.put(keys.goneVideo(serverId, videoId), true);
    await this.#revokeAll(keys.video(serverId, videoId));
    await this.#cards.drop(serverId, videoId);
  }

  async serverPurged(serverId: string): Promise<void> {
    await this.#ledger.kv.put(keys.goneServer(serverId), true);
    await this.#revokeAll(keys.server(serverId));
    await this.#cards.dropServer(serverId);
  }

  /** Revokes and then erases all links of an owner, and says so for the receipt. */
  async userDeleted(ownerId: string): Promise<void> {
    await this.#ledger.kv.put(keys.goneUser(ownerId), true);
    await this.#webhooks.erase(ownerId); // before the links end: nobody is told of that any more
    await this.#revokeAll(keys.owned(ownerId));
    await this.#clicks.settle(); // revoked links are counted no more, so none comes after the erasure
    let links = 0;
    for (;;) {
      const entries = await this.#ledger.kv.scan<string>({ prefix: keys.ended(ownerId), limit: SLICE });
      if (entries.length === 0) break;
      for (const { value: id } of entries) await this.#erase(ownerId, id);
      links += entries.length;
    }
    const removed: EventData = {
      type: 'account.removed',
      userId: ownerId,
      service: 'links',
      counts: { links },
    };
    await this.#ledger.change((tx) => appendEvent(tx, removed));
  }

  async #revokeAll(prefix: string): Promise<void> {
    for (;;) {
      const entries = await this.#ledger.kv.scan<string>({ prefix, limit: SLICE });
      if (entries.length === 0) return;
      await this.#ledger.change(async (tx) => {
        for (const { key, value: id } of entries) {
          const link = await tx.get<LinkRecord>(keys.link(id));
          if (link) await this.#ledger.revoke(tx, link);
          tx.remove(key);
        }
      });
    }
  }

  async #erase(ownerId: string, id: string): Promise<void> {
    const link = await this.#ledger.get(id);
    if (link) await this.#cards.drop(link.serverId, link.videoId);
    await forgetReports(this.#ledger, id);
    await this.#statistics.erase(id);
    await this.#clicks.forget(id);
    await this.#ledger.kv.transaction((tx) => {
      if (link) tx.put(keys.code(link.code), TOMBSTONE);
      if (link?.alias) tx.put(keys.alias(link.alias.look), ['', ''] satisfies AliasRecord);
      tx.remove(keys.link(id));
      tx.remove(keys.startPoster(id));
      tx.remove(keys.ended(ownerId, id));
      if (link) tx.remove(keys.endedOfVideo(ownerId, link.videoId, id));
      if (link?.expiresAt) tx.remove(keys.expiry(link.expiresAt, id));
    });
  }
}
