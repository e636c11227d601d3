import { Problem, reservedWords } from '@ptsdly/contract';
import { newId } from '@ptsdly/kit';
import type { Entry, Tx } from '@ptsdly/kv';
import type { Alias } from '../codes/alias.ts';
import { newCode } from '../codes/code.ts';
import { changeAlias } from '../codes/resolve.ts';
import { keys } from '../keys.ts';
import type { Ledger } from './ledger.ts';
import { checkLimits, type Limits, type LinkRecord, tightened } from './link.ts';

const CODE_TRIES = 10;
/** Links in one transaction, or read together. */
const SLICE = 100;
/** Links that one page looks at; where fewer match, the page is short and says where to go on. */
const LOOKED_AT = 2000;

/** What a new link leads to. */
export interface Target {
  readonly ownerId: string;
  readonly serverId: string;
  readonly slug: string;
  readonly videoId: string;
}

export interface ListQuery {
  readonly ownerId: string;
  readonly videoId?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
  /** Which of them are wanted; all where not given. */
  readonly matches?: (link: LinkRecord) => boolean | Promise<boolean>;
}

/** An owner's links. A link of somebody else, an ended one and an unknown one are the same: `not_found`. */
export class Links {
  readonly #ledger: Ledger;
  readonly #newCode: () => string;

  constructor(ledger: Ledger, generate: () => string = newCode) {
    this.#ledger = ledger;
    this.#newCode = generate;
  }

  /** Makes a link under a code that was never given out before. */
  async create(target: Target, limits: Limits, alias: Alias | null = null): Promise<LinkRecord> {
    const [link] = await this.createAll(target, [limits], alias);
    return link as LinkRecord;
  }

  /** Makes several links to one video, all or none; an alias is the first one's. */
  async createAll(
    target: Target,
    each: readonly Limits[],
    alias: Alias | null = null,
  ): Promise<readonly LinkRecord[]> {
    for (const limits of each) checkLimits(limits);
    for (let tries = 0; tries < CODE_TRIES; tries++) {
      const links = await this.#ledger.change(async (tx) => {
        await refuseGone(tx, target);
        const made: LinkRecord[] = [];
        for (const [at, limits] of each.entries()) {
          const link = await this.#tryCode(tx, target, limits, at === 0 ? alias : null);
          if (!link) return undefined;
          made.push(link);
        }
        for (const link of made) {
          this.#ledger.save(tx, link);
          this.#ledger.enter(tx, link);
        }
        return made;
      });
      if (links) return links;
    }
    throw new Problem('internal', { detail: 'no free code was found' });
  }

  async find(ownerId: string, id: string): Promise<LinkRecord> {
    return owned(await this.#ledger.get(id), ownerId);
  }

  /** Newest first; the cursor is the id of the last link that the page before has looked at. */
  async list(query: ListQuery): Promise<{ items: LinkRecord[]; nextCursor: string | null }> {
    const { limit, matches = () => true } = query;
    const items: LinkRecord[] = [];
    let cursor = query.cursor;
    for (let seen = 0; seen < LOOKED_AT; ) {
      const ids = await this.#idsAfter(query, cursor, SLICE);
      const records = await Promise.all(ids.map((id) => this.#ledger.get(id)));
      for (const link of records) {
        if (!link || link.end === 'revoked' || !(await matches(link))) continue;
        items.push(link);
        if (items.length < limit) continue;
        const more = await this.#idsAfter(query, link.id, 1);
        return { items, nextCursor: more.length > 0 ? link.id : null };
      }
      if (ids.length < SLICE) return { items, nextCursor: null };
      cursor = ids.at(-1);
      seen += ids.length;
    }
    return { items, nextCursor: cursor ?? null };
  }

  /** Changes limits; where they forbid what was allowed, the link's sessions end. */
  update(ownerId: string, id: string, changes: Partial<Limits>, alias?: Alias | null): Promise<LinkRecord> {
    return this.#ledger.change(async (tx) => {
      const before = owned(await tx.get<LinkRecord>(keys.link(id)), ownerId);
      if (alias !== undefined) await changeAlias(tx, before, alias);
      const changed = { ...before, ...changes, ...(alias === undefined ? {} : { alias }) };
      checkLimits(changed);
      const ends = tightened(before, changed, Date.now());
      const after = ends ? await this.#ledger.bump(tx, changed) : changed;
      this.#ledger.save(tx, after);
      return after;
    });
  }

  /** Ends a link; ending it again changes nothing. The answer says which event has to be applied. */
  revoke(ownerId: string, id: string): Promise<LinkRecord> {
    return this.#ledger.change(async (tx) => {
      const link = await tx.get<LinkRecord>(keys.link(id));
      if (link?.ownerId !== ownerId) throw new Problem('not_found');
      return this.#ledger.revoke(tx, link);
    });
  }

  /** Ends those of these links that are the owner's and have not ended; the answer is those that it ended. */
  async revokeChosen(ownerId: string, ids: readonly string[]): Promise<LinkRecord[]> {
    return this.#ledger.change(async (tx) => {
      const ended: LinkRecord[] = [];
      for (const id of new Set(ids)) {
        const link = await tx.get<LinkRecord>(keys.link(id));
        if (link?.ownerId !== ownerId || link.end === 'revoked') continue;
        ended.push(await this.#ledger.revoke(tx, link));
      }
      return ended;
    });
  }

  /** Ends all links of a video; the answer is those that it ended. */
  async revokeAll(ownerId: string, videoId: string): Promise<LinkRecord[]> {
    const prefix = keys.ownedOfVideo(ownerId, videoId);
    const ended: LinkRecord[] = [];
    for (;;) {
      const entries = await this.#ledger.kv.scan<string>({ prefix, limit: SLICE });
      if (entries.length === 0) return ended;
      const slice = await this.#ledger.change((tx) => this.#revokeSlice(tx, entries));
      ended.push(...slice);
    }
  }

  async #revokeSlice(tx: Tx, entries: readonly Entry<string>[]): Promise<LinkRecord[]> {
    const ended: LinkRecord[] = [];
    for (const { key, value: id } of entries) {
      const link = await tx.get<LinkRecord>(keys.link(id));
      if (link && link.end !== 'revoked') ended.push(await this.#ledger.revoke(tx, link));
      tx.remove(key);
    }
    return ended;
  }

  /** A link under a fresh code, not written yet; undefined where the code was given out before. */
  async #tryCode(
    tx: Tx,
    target: Target,
    limits: Limits,
    alias: Alias | null,
  ): Promise<LinkRecord | undefined> {
    const code = this.#newCode();
    if (reservedWords.has(code) || (await tx.get(keys.code(code))) !== undefined) return undefined;
    await changeAlias(tx, { code }, alias);
    const fresh = { id: newId(), code, alias, createdAt: Date.now(), views: 0, lastOpenedAt: null };
    return { ...target, ...limits, ...fresh, epoch: 1, end: null, changedSeq: 0 };
  }

  async #idsAfter({ ownerId, videoId }: ListQuery, cursor: string | undefined, limit: number) {
    const prefix = videoId === undefined ? keys.owned(ownerId) : keys.ownedOfVideo(ownerId, videoId);
    const after = cursor === undefined ? {} : { after: prefix + cursor };
    const entries = await this.#ledger.kv.scan<string>({ prefix, ...after, limit, reverse: true });
    return entries.map(({ value }) => value);
  }
}

function owned(link: LinkRecord | undefined, ownerId: string): LinkRecord {
  if (link?.ownerId !== ownerId || link.end === 'revoked') throw new Problem('not_found');
  return link;
}

/** A deletion may have arrived while the media server was still being asked. */
async function refuseGone(tx: Tx, { ownerId, serverId, videoId }: Target): Promise<void> {
  const marks = [keys.goneUser(ownerId), keys.goneServer(serverId), keys.goneVideo(serverId, videoId)];
  for (const mark of marks) {
    if ((await tx.get(mark)) !== undefined) throw new Problem('not_found');
  }
}
