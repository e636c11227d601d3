import {
  type AuditEntry,
  type HandlerInput,
  type linksApi,
  Problem,
  type Report,
  type TakenDownLink,
} from '@ptsdly/contract';
import { newId } from '@ptsdly/kit';
import type { Entry, Tx } from '@ptsdly/kv';
import type { Cards } from '../cards/cards.ts';
import { resolve } from '../codes/resolve.ts';
import { keys } from '../keys.ts';
import type { Ledger } from '../sharing/ledger.ts';
import { closedBecause, type LinkRecord } from '../sharing/link.ts';

/** Reports of one link that are kept; more are only counted. */
const KEPT = 50;
/** Entries of the audit that are looked at for one page. */
const READ_FOR_PAGE = 500;

type Complaint = HandlerInput<typeof linksApi.reportLink>['body'];

interface ReportRecord {
  readonly linkId: string;
  readonly reason: Report['reason'];
  readonly detail: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Why something is done about a link, and whose decision that is. */
interface Reason {
  readonly note: string;
  readonly by: string;
}

interface PageQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Reports of links, and what an operator does about them. Nothing about who reports is kept. */
export class Moderation {
  readonly #ledger: Ledger;
  readonly #cards: Cards;

  constructor(ledger: Ledger, cards: Cards) {
    this.#ledger = ledger;
    this.#cards = cards;
  }

  /** Puts a report in the operator's queue. Rejects with the problem of a link that shows nothing. */
  async report(segment: string, { reason, detail = '' }: Complaint): Promise<void> {
    const resolved = await resolve(this.#ledger.kv, segment);
    if (!resolved) throw new Problem('not_found');
    const closed = closedBecause(resolved.record, Date.now());
    if (closed && closed !== 'not_open_yet') throw new Problem(closed);
    const [linkId] = resolved.record;
    const record: ReportRecord = { linkId, reason, detail, at: Date.now() };
    await this.#ledger.kv.transaction(async (tx) => {
      const count = (await tx.get<number>(keys.reported(linkId))) ?? 0;
      tx.put(keys.reported(linkId), count + 1);
      if (count < KEPT) tx.put(keys.report(linkId, newId()), record);
    });
  }

  async reports({ cursor, limit }: PageQuery): Promise<{ items: Report[]; nextCursor: string | null }> {
    const prefix = keys.reports();
    const after = cursor === undefined ? {} : { after: prefix + cursor };
    const entries = await this.#ledger.kv.scan<ReportRecord>({ prefix, ...after, limit });
    const items = await Promise.all(entries.map(({ value }) => this.#toReport(value)));
    return {
      items: items.filter((item) => item !== undefined),
      nextCursor: cursorOf(entries, prefix, limit),
    };
  }

  /** 451 from now on; what plays stops as if the link were revoked. Taking it down again only adds to the audit. */
  takeDown(segment: string, { note, by }: Reason): Promise<void> {
    return this.#decide(segment, { action: 'takedown', note, by }, async (tx, link, takedownId) => {
      if (link.end === 'revoked') throw new Problem('link_revoked');
      if (link.end !== null) return this.#ledger.save(tx, { ...link, takedownId });
      this.#ledger.save(tx, await this.#ledger.bump(tx, { ...link, end: 'taken_down', takedownId }));
      await this.#ledger.announce(tx, 'link.taken_down', link);
    });
  }

  /** Opens again what was taken down; sessions of before stay ended. */
  restore(segment: string, { note, by }: Reason): Promise<void> {
    return this.#decide(segment, { action: 'restore', note, by }, async (tx, link) => {
      if (link.end !== 'taken_down') throw new Problem('conflict', { detail: 'The link is not taken down.' });
      this.#ledger.save(tx, await this.#ledger.bump(tx, { ...link, end: null }));
    });
  }

  dismiss(segment: string, { note, by }: Reason): Promise<void> {
    return this.#decide(segment, { action: 'dismiss', note, by }, async () => undefined);
  }

  async audit({ cursor, limit }: PageQuery): Promise<{ items: AuditEntry[]; nextCursor: string | null }> {
    const entries = await this.#auditEntries({ cursor, limit });
    const items = entries.map(({ value }) => ({ ...value, by: value.by ?? 'operator' }));
    return { items, nextCursor: cursorOf(entries, keys.audit(), limit) };
  }

  /**
   * The links that are taken down, each once, under its newest decision. They are found in the audit: a page may have fewer
   * than asked for, or none, and others behind it.
   */
  async takenDown(query: PageQuery): Promise<{ items: TakenDownLink[]; nextCursor: string | null }> {
    const items: TakenDownLink[] = [];
    let { cursor } = query;
    for (let read = 0; read < READ_FOR_PAGE; ) {
      const entries = await this.#auditEntries({ cursor, limit: query.limit - items.length });
      for (const { key, value } of entries) {
        cursor = key.slice(keys.audit().length);
        const item = await this.#toTakenDown(cursor, value);
        if (item) items.push(item);
      }
      if (cursor === undefined || entries.length === 0) return { items, nextCursor: null };
      if (items.length === query.limit) break;
      read += entries.length;
    }
    return { items, nextCursor: cursor ?? null };
  }

  /** A decision, its entry in the audit and the end of the link's reports; the first two are one transaction. */
  async #decide(
    segment: string,
    decision: Pick<AuditEntry, 'action' | 'note' | 'by'>,
    apply: (tx: Tx, link: LinkRecord, entryId: string) => Promise<void>,
  ): Promise<void> {
    const linkId = (await resolve(this.#ledger.kv, segment))?.record[0];
    if (!linkId) throw new Problem('not_found');
    await this.#ledger.change(async (tx) => {
      const link = await tx.get<LinkRecord>(keys.link(linkId));
      if (!link) throw new Problem('not_found');
      const entryId = newId();
      await apply(tx, link, entryId);
      const entry: AuditEntry = { at: new Date().toISOString(), linkId, ...decision };
      tx.put(keys.audit(entryId), entry);
    });
    await forgetReports(this.#ledger, linkId);
  }

  #auditEntries({ cursor, limit }: PageQuery): Promise<Entry<AuditEntry>[]> {
    const prefix = keys.audit();
    const after = cursor === undefined ? {} : { after: prefix + cursor };
    return this.#ledger.kv.scan<AuditEntry>({ prefix, ...after, limit, reverse: true });
  }

  async #toTakenDown(
    entryId: string,
    { action, ...decision }: AuditEntry,
  ): Promise<TakenDownLink | undefined> {
    if (action !== 'takedown') return undefined;
    const link = await this.#ledger.get(decision.linkId);
    if (link?.end !== 'taken_down' || (link.takedownId ?? entryId) !== entryId) return undefined;
    const { card } = await this.#cards.text(link.serverId, link.videoId);
    return { ...decision, code: link.code, title: card?.title ?? null };
  }

  async #toReport({ linkId, reason, detail, at }: ReportRecord): Promise<Report | undefined> {
    const link = await this.#ledger.get(linkId);
    if (!link) return undefined;
    const { code, ownerId, serverId, videoId, end } = link;
    const { card } = await this.#cards.text(serverId, videoId);
    const facts = { code, linkId, ownerId, serverId, videoId, title: card?.title ?? null };
    return { ...facts, isTakenDown: end === 'taken_down', reason, detail, at: new Date(at).toISOString() };
  }
}

/** Removes the reports of a link; doing it again, or while one more comes, does no harm. */
export async function forgetReports({ kv }: Pick<Ledger, 'kv'>, linkId: string): Promise<void> {
  const entries = await kv.scan({ prefix: keys.reports(linkId), limit: KEPT * 2 });
  await kv.transaction((tx) => {
    for (const { key } of entries) tx.remove(key);
    tx.remove(keys.reported(linkId));
  });
}

const cursorOf = (entries: readonly Entry<unknown>[], prefix: string, limit: number) =>
  entries.length < limit ? null : (entries.at(-1)?.key.slice(prefix.length) ?? null);
