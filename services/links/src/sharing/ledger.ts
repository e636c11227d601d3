import type { EventData, WebhookEvent } from '@ptsdly/contract';
import type { Bell } from '@ptsdly/kit';
import { appendEvent, type Kv, type Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';
import { codeRecord, type LinkRecord } from './link.ts';

/** Tells the owner's webhooks of a fact, in the transaction that makes it true. */
export type Announce = (tx: Tx, event: WebhookEvent, link: LinkRecord) => Promise<void>;

const nobody: Announce = async () => undefined;

/** The links in the store, with the indexes and events that have to agree with them. */
export class Ledger {
  readonly kv: Kv;
  readonly announce: Announce;
  readonly #bell: Bell;

  constructor(kv: Kv, bell: Bell, announce: Announce = nobody) {
    this.kv = kv;
    this.#bell = bell;
    this.announce = announce;
  }

  get(id: string): Promise<LinkRecord | undefined> {
    return this.kv.get<LinkRecord>(keys.link(id));
  }

  /** Runs `work` in a transaction and wakes those who wait for events. */
  async change<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const result = await this.kv.transaction(work);
    this.#bell.ring();
    return result;
  }

  /** Writes a link, and what the redirect reads of it. */
  save(tx: Tx, link: LinkRecord): void {
    tx.put(keys.link(link.id), link);
    tx.put(keys.code(link.code), codeRecord(link));
    if (link.expiresAt !== null && link.end === null) tx.put(keys.expiry(link.expiresAt, link.id), link.id);
  }

  /** Enters a new link into the indexes. */
  enter(tx: Tx, { id, ownerId, serverId, videoId }: LinkRecord): void {
    tx.put(keys.owned(ownerId, id), id);
    tx.put(keys.ownedOfVideo(ownerId, videoId, id), id);
    tx.put(keys.video(serverId, videoId, id), id);
  }

  /** A link whose sessions so far must end: the next epoch, told to the media server in the same transaction. */
  async bump(tx: Tx, link: LinkRecord): Promise<LinkRecord> {
    const epoch = link.epoch + 1;
    const { serverId, videoId, id: linkId } = link;
    const revoked = link.end !== null;
    const event: EventData = { type: 'link.changed', serverId, videoId, linkId, epoch, revoked };
    return { ...link, epoch, changedSeq: await appendEvent(tx, event) };
  }

  /** Ends a link for good. What is kept is what stops it, and what shows again that it has ended. */
  async revoke(tx: Tx, link: LinkRecord): Promise<LinkRecord> {
    if (link.end === 'revoked') return link;
    const ended = await this.bump(tx, {
      ...link,
      end: 'revoked',
      password: null,
      label: null,
      recipient: null,
    });
    const { id, ownerId, serverId, videoId } = link;
    this.save(tx, ended);
    tx.remove(keys.startPoster(id));
    tx.remove(keys.owned(ownerId, id));
    tx.remove(keys.ownedOfVideo(ownerId, videoId, id));
    tx.remove(keys.video(serverId, videoId, id));
    tx.put(keys.ended(ownerId, id), id);
    tx.put(keys.endedOfVideo(ownerId, videoId, id), id);
    await this.announce(tx, 'link.revoked', link);
    return ended;
  }
}
