import type { Event } from '@ptsdly/contract';
import { isUniqueViolation } from '@ptsdly/db';
import type { MediaDatabase } from '../database.ts';
import type { EndReason } from './end-reason.ts';
import type { OpenResponses } from './open-responses.ts';
import type { PlaySession } from './session-token.ts';

interface Epoch {
  readonly epoch: number;
  readonly revoked: boolean;
}

/** Longer than any play session lives. */
const KEEP_MS = 48 * 3_600_000;
/** States of a server in which nothing is shown. */
const CLOSED_STATES = new Set(['suspended', 'deleting', 'purged']);
const SUSPENDED = 'suspended';
const OWNER_GONE = 'owner-gone';

export interface RightsOptions {
  readonly db: MediaDatabase;
  readonly responses: OpenResponses;
  readonly serverId: string;
  readonly ownerId: string;
}

/**
 * What has been taken back: epochs of links, sign-ins of the owner, the server as a whole. Told by the event
 * feeds, kept in memory for every request and on disk for the next start. What ends a right ends its open
 * responses in the same breath.
 */
export class Rights {
  readonly #options: RightsOptions;
  readonly #epochs = new Map<string, Epoch>();
  readonly #endedSessions = new Set<string>();
  #suspended = false;
  #ownerGone = false;

  private constructor(options: RightsOptions) {
    this.#options = options;
  }

  static async load(options: RightsOptions): Promise<Rights> {
    const rights = new Rights(options);
    const { db } = options;
    await rights.prune();
    for (const row of await db.selectFrom('link_epochs').selectAll().execute()) {
      rights.#epochs.set(row.link_id, { epoch: row.epoch, revoked: row.revoked === 1 });
    }
    for (const { sid } of await db.selectFrom('ended_sessions').select('sid').execute()) {
      rights.#endedSessions.add(sid);
    }
    rights.#suspended = (await readSetting(db, SUSPENDED)) === '1';
    rights.#ownerGone = (await readSetting(db, OWNER_GONE)) === '1';
    return rights;
  }

  get suspended(): boolean {
    return this.#suspended || this.#ownerGone;
  }

  /** Why a session has ended, or undefined while it lives. */
  endOf(session: Pick<PlaySession, 'link' | 'sid' | 'expiresAt'>): EndReason | undefined {
    if (session.expiresAt <= Date.now()) return 'expired';
    if (session.link && this.isLinkDead(session.link.id, session.link.epoch)) return 'revoked';
    if (session.sid !== null && this.#endedSessions.has(session.sid)) return 'signed_out';
    return undefined;
  }

  isLinkDead(linkId: string, epoch: number): boolean {
    const known = this.#epochs.get(linkId);
    return known !== undefined && (known.revoked || epoch < known.epoch);
  }

  isSignedOut(sid: string): boolean {
    return this.#endedSessions.has(sid);
  }

  /**
   * Applies an event of any followed feed; bears the same one twice. Memory first: it is what cuts. Then the disk,
   * also when memory knew already: the time before may have ended between the two.
   */
  async apply({ data }: Event): Promise<void> {
    const { serverId, ownerId } = this.#options;
    if (data.type === 'link.changed' && data.serverId === serverId) {
      await this.#changeLink(data.linkId, { epoch: data.epoch, revoked: data.revoked });
    } else if (data.type === 'session.revoked' && data.userId === ownerId) {
      await this.#signOut(data.sessionId);
    } else if (data.type === 'user.deleted' && data.userId === ownerId) {
      await this.#loseOwner();
    } else if (data.type === 'server.changed' && data.serverId === serverId) {
      await this.#suspend(CLOSED_STATES.has(data.state));
    }
  }

  /** Forgets what concerns nobody any more. */
  async prune(): Promise<void> {
    const { db } = this.#options;
    const old = new Date(Date.now() - KEEP_MS).toISOString();
    await db.deleteFrom('link_epochs').where('changed_at', '<', old).execute();
    await db.deleteFrom('ended_sessions').where('ended_at', '<', old).execute();
    await db.deleteFrom('redeemed_grants').where('expires_at', '<', new Date().toISOString()).execute();
  }

  /** True once for each grant. */
  async redeem(jti: string, expiresAt: Date): Promise<boolean> {
    try {
      const row = { jti, expires_at: expiresAt.toISOString() };
      await this.#options.db.insertInto('redeemed_grants').values(row).execute();
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  async #changeLink(linkId: string, { epoch, revoked }: Epoch): Promise<void> {
    const known = this.#epochs.get(linkId);
    if (known && epoch < known.epoch) return;
    this.#epochs.set(linkId, { epoch, revoked });
    const { responses, db } = this.#options;
    responses.end('revoked', ({ link }) => link?.id === linkId && this.isLinkDead(linkId, link.epoch));
    const row = { epoch, revoked: revoked ? 1 : 0, changed_at: new Date().toISOString() };
    const { numUpdatedRows } = await db
      .updateTable('link_epochs')
      .set(row)
      .where('link_id', '=', linkId)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) {
      await db
        .insertInto('link_epochs')
        .values({ link_id: linkId, ...row })
        .execute();
    }
  }

  async #signOut(sid: string): Promise<void> {
    this.#endedSessions.add(sid);
    this.#options.responses.end('signed_out', (showing) => showing.sid === sid);
    const row = { sid, ended_at: new Date().toISOString() };
    try {
      await this.#options.db.insertInto('ended_sessions').values(row).execute();
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
    }
  }

  /** For good: no state of the server that is told later brings the owner back. */
  async #loseOwner(): Promise<void> {
    this.#ownerGone = true;
    this.#options.responses.end('suspended', () => true);
    await writeSetting(this.#options.db, OWNER_GONE, '1');
  }

  async #suspend(suspended: boolean): Promise<void> {
    this.#suspended = suspended;
    if (suspended) this.#options.responses.end('suspended', () => true);
    await writeSetting(this.#options.db, SUSPENDED, suspended ? '1' : '0');
  }
}

export async function readSetting(db: MediaDatabase, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value;
}

export async function writeSetting(db: MediaDatabase, name: string, value: string): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('settings')
    .set({ value })
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) await db.insertInto('settings').values({ name, value }).execute();
}
