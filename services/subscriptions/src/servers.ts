import { type EventData, Problem, type Server, type ServerEvent, type Subscription } from '@ptsdly/contract';
import { appendEvent } from '@ptsdly/db';
import type { Bell, Logger } from '@ptsdly/kit';
import type { Transaction } from 'kysely';
import type { Changes } from './changes.ts';
import { type Clock, isoTime } from './clock.ts';
import type { Database, ServerRow, Tables } from './schema.ts';
import { type Trouble, writeEntry } from './timeline.ts';

export interface ServersOptions {
  readonly db: Database;
  readonly clock: Clock;
  /** Rung when the outbox has news. */
  readonly bell: Bell;
  readonly changes: Changes;
  /** Absolute origin of media URLs, where they have one of their own. */
  readonly mediaOrigin?: string | undefined;
  readonly log: Logger;
}

/**
 * Notes that a server's state was changed in this transaction: an event and a line of its timeline now, the streams
 * after the commit.
 */
export type Publish = (row: ServerRow, trouble?: Trouble | null) => Promise<void>;

/** Writes a fact for the feed in this transaction. */
export type Tell = (data: EventData) => Promise<void>;

/** The rows of servers, and everything that must happen with a change of one. */
export class Servers {
  readonly #options: ServersOptions;

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  get db(): Database {
    return this.#options.db;
  }

  /** Runs `work` in one transaction; what it publishes is told to followers and streams once that is committed. */
  async transaction<T>(
    work: (trx: Transaction<Tables>, publish: Publish, tell: Tell) => Promise<T>,
  ): Promise<T> {
    const { db, bell, changes, clock, log } = this.#options;
    const published: ServerRow[] = [];
    let told = 0;
    const result = await db.transaction().execute((trx) => {
      published.length = 0; // the work may run again
      told = 0;
      const tell = async (data: EventData) => {
        told++;
        await appendEvent(trx, data);
      };
      const publish = async (row: ServerRow, trouble?: Trouble | null) => {
        const { id: serverId, slug, ownerId, state } = row;
        await writeEntry(trx, { serverId, state, at: isoTime(clock), trouble });
        await tell({ type: 'server.changed', serverId, slug, ownerId, state });
        published.push(row);
      };
      return work(trx, publish, tell);
    });
    if (told > 0) bell.ring();
    for (const row of published) {
      log.info({ serverId: row.id, state: row.state, generation: row.generation }, 'server');
      changes.emit(this.event(row));
    }
    return result;
  }

  /** A server that is not purged. Rejects with `not_found`. */
  async byId(id: string): Promise<ServerRow> {
    return present(await this.#select().where('id', '=', id).executeTakeFirst());
  }

  /** A server that is not purged. Rejects with `not_found`. */
  async bySlug(slug: string): Promise<ServerRow> {
    return present(await this.#select().where('slug', '=', slug).executeTakeFirst());
  }

  /** As `byId`, and another's server is `not_found` too. */
  async owned(id: string, ownerId: string): Promise<ServerRow> {
    const row = this.#select().where('id', '=', id).where('ownerId', '=', ownerId);
    return present(await row.executeTakeFirst());
  }

  /** Newest first; `cursor` is the id of the last one of the page before. */
  async ofOwner(
    ownerId: string,
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<{ items: ServerRow[]; nextCursor: string | null }> {
    let query = this.#select().where('ownerId', '=', ownerId).orderBy('id', 'desc');
    if (cursor) query = query.where('id', '<', cursor);
    const rows = await query.limit(limit + 1).execute();
    const items = rows.slice(0, limit);
    return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** All that are not purged. */
  async all(): Promise<ServerRow[]> {
    return this.#select().execute();
  }

  async reportUsage(id: string, usedBytes: number): Promise<void> {
    await this.db.updateTable('servers').set({ usedBytes }).where('id', '=', id).execute();
  }

  /** The host may stop it until somebody asks for it, or until then. Rejects with `conflict` when it is not at rest. */
  async sleep(id: string, wakeAt: number | null): Promise<void> {
    const { db, clock } = this.#options;
    const asked = await db
      .updateTable('servers')
      .set({ desired: 'asleep', wakeAt, nextRunAt: clock.now() })
      .where('id', '=', id)
      .where('desired', '=', 'running')
      .where('state', '=', 'ready')
      .executeTakeFirst();
    if (asked.numUpdatedRows === 0n) throw new Problem('conflict');
  }

  /** Nothing when it does not sleep. */
  async wake(id: string): Promise<void> {
    const { db, clock } = this.#options;
    await db
      .updateTable('servers')
      .set({ desired: 'running', wakeAt: null, nextRunAt: clock.now() })
      .where('id', '=', id)
      .where('desired', '=', 'asleep')
      .execute();
  }

  /** Sleeping servers that have something to do by now. */
  async dueToWake(): Promise<string[]> {
    const { db, clock } = this.#options;
    const due = db.selectFrom('servers').select('id').where('desired', '=', 'asleep');
    return (await due.where('wakeAt', '<=', clock.now()).execute()).map(({ id }) => id);
  }

  async reportMove(id: string, objectsLeft: number): Promise<void> {
    await this.db.updateTable('servers').set({ objectsLeft }).where('id', '=', id).execute();
  }

  async videoDeleted(serverId: string, videoId: string): Promise<void> {
    const { db, bell } = this.#options;
    await db.transaction().execute((trx) => appendEvent(trx, { type: 'video.deleted', serverId, videoId }));
    bell.ring();
  }

  url(row: Pick<ServerRow, 'slug'>): string {
    return `${this.#options.mediaOrigin?.replace(/\/$/, '') ?? ''}/m/${row.slug}`;
  }

  view(row: ServerRow): Server {
    const { id, slug, name, state, usedBytes, quotaBytes, failure, createdAt, readyAt } = row;
    return { id, slug, name, state, url: this.url(row), usedBytes, quotaBytes, failure, createdAt, readyAt };
  }

  /** What support sees of a server: all but the name that its owner gave it. */
  support(row: ServerRow): Omit<Server, 'name'> {
    const { name: _, ...rest } = this.view(row);
    return rest;
  }

  /** The part of a server that its subscription shows. */
  brief(row: ServerRow): Subscription['server'] {
    const { id, slug, state } = row;
    return { id, slug, state, url: this.url(row) };
  }

  event(row: ServerRow): ServerEvent {
    return { at: isoTime(this.#options.clock), state: row.state, server: this.view(row) };
  }

  #select() {
    return this.db.selectFrom('servers').selectAll().where('state', '!=', 'purged');
  }
}

function present(row: ServerRow | undefined): ServerRow {
  if (!row) throw new Problem('not_found');
  return row;
}
