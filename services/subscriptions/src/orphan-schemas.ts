import type { Schemas } from '@ptsdly/db';
import type { Logger } from '@ptsdly/kit';
import type { Clock } from './clock.ts';
import type { Servers } from './servers.ts';

/** Listing a thousand schemas is work for MariaDB. */
const EVERY_MS = 600_000;
/** A schema of a purged server is dropped when it is still there this much after it was seen first. */
const ORPHAN_MS = 600_000;

export interface OrphanSchemasOptions {
  readonly servers: Servers;
  readonly schemas: Pick<Schemas, 'list' | 'nameOf' | 'drop'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Schemas of media servers that are no more. One of a server that was purged (a control plane that was frozen has made it
 * again) is told of, and dropped later. One that no row knows is told of and never dropped, as it is with buckets: the
 * rows may be an old copy, and somebody's library is in it.
 */
export class OrphanSchemas {
  readonly #options: OrphanSchemasOptions;
  /** When each was seen first. */
  readonly #marked = new Map<string, number>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: OrphanSchemasOptions) {
    this.#options = options;
  }

  /** Looks, at most every ten minutes. Rejects with `DatabaseUnavailable` while MariaDB is away. */
  async once(): Promise<void> {
    const { servers, schemas, clock } = this.#options;
    if (clock.now() - this.#lookedAt < EVERY_MS) return;
    this.#lookedAt = clock.now();
    // MariaDB first: a schema made between the two looks is then known to the rows.
    const left = new Set(await schemas.list());
    const rows = await servers.db.selectFrom('servers').select(['id', 'state']).execute();
    for (const { id, state } of rows) if (state !== 'purged') left.delete(schemas.nameOf(id));
    for (const schema of this.#marked.keys()) if (!left.has(schema)) this.#marked.delete(schema);
    const purged = new Map(rows.map(({ id }) => [schemas.nameOf(id), id]));
    for (const schema of left) await this.#orphan(schema, purged.get(schema));
  }

  async #orphan(schema: string, purgedId: string | undefined): Promise<void> {
    const { schemas, clock, log } = this.#options;
    const markedAt = this.#marked.get(schema);
    if (markedAt === undefined) {
      this.#marked.set(schema, clock.now());
      const fate = purgedId === undefined ? 'nothing is done with it' : 'it is dropped later';
      log.warn({ schema, serverId: purgedId }, `a schema belongs to no server; ${fate}`);
    } else if (purgedId !== undefined && markedAt + ORPHAN_MS <= clock.now()) {
      log.warn({ schema, serverId: purgedId }, 'dropping the schema of a server that was purged');
      await schemas.drop(purgedId);
      this.#marked.delete(schema);
    }
  }
}
