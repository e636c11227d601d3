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
/** Links in one transaction. */
const SLICE = 100;

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
    checkLimits(limits);
    for (let tries = 0; tries < CODE_TRIES; tries++) {
      const link = await this.#tryCode(this.#newCode(), target, limits, alias);
      if (link) return link;
    }
    throw new Problem('internal', { detail: 'no free code was found' });
  }

  async find(ownerId: string, id: string): Promise<LinkRecord> {
    return owned(await this.#ledger.get(id), ownerId);
  }

  /** Newest first; the cursor is the id of the last link of the page before. */
  async list(query: ListQuery): Promise<{ items: LinkRecord[]; nextCursor: string | null }> {
    const { ownerId, videoId, cursor, limit } = query;
    const prefix = videoId === undefined ? keys.owned(ownerId) : keys.ownedOfVideo(ownerId, videoId);
    const after = cursor === undefined ? {} : { after: prefix + cursor };
    const entries = await this.#ledger.kv.scan<string>({ prefix, ...after, limit: limit + 1, reverse: true });
    const ids = entries.slice(0, limit).map(({ value }) => value);
    const records = await Promise.all(ids.map((id) => this.#ledger.get(id)));
    const items = records.filter((link): link is LinkRecord => link !== undefined && link.end !== 'revoked');
    return { items, nextCursor: entries.length > limit ? (ids.at(-1) ?? null) : null };
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

  #tryCode(
    code: string,
    target: Target,
    limits: Limits,
    alias: Alias | null,
  ): Promise<LinkRecord | undefined> {
    return this.#ledger.change(async (tx) => {
      if (reservedWords.has(code) || (await tx.get(keys.code(code))) !== undefined) return undefined;
      await refuseGone(tx, target);
      await changeAlias(tx, { code }, alias);
      const fresh = { id: newId(), code, alias, createdAt: Date.now(), views: 0, lastOpenedAt: null };
      const link: LinkRecord = { ...target, ...limits, ...fresh, epoch: 1, end: null, changedSeq: 0 };
      this.#ledger.save(tx, link);
      this.#ledger.enter(tx, link);
      return link;
    });
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
