import { type Placement, Problem } from '@ptsdly/contract';
import type { Clock } from './clock.ts';
import type { ServerRow } from './schema.ts';
import type { Servers } from './servers.ts';

export interface PlacementsOptions {
  readonly servers: Servers;
  readonly clock: Clock;
  /** Hurries the reconcile loop. */
  readonly nudge: (serverId: string) => void;
  /** Whether the installation has a remote storage. */
  readonly hasRemote: boolean;
}

/** Where the objects of servers lie, and how an operator moves them. */
export class Placements {
  readonly #options: PlacementsOptions;

  constructor(options: PlacementsOptions) {
    this.#options = options;
  }

  async list(): Promise<Placement[]> {
    return (await this.#options.servers.all()).map(view);
  }

  /**
   * Gives a server, named by id or slug, another place for its objects. It starts anew with it and moves them by
   * itself. Asking again for where they belong already changes nothing. Rejects with `not_found`, or with
   * `conflict` where there is no remote storage.
   */
  async move(name: string, to: 'local' | 'remote'): Promise<Placement> {
    const { servers, clock, nudge, hasRemote } = this.#options;
    if (!hasRemote) {
      throw new Problem('conflict', { detail: 'This installation has no remote storage (PTSDLY_STORAGE).' });
    }
    const moved = await servers.transaction(async (trx) => {
      const row = await trx
        .selectFrom('servers')
        .selectAll()
        .where((where) => where.or([where('id', '=', name), where('slug', '=', name)]))
        .where('desired', '!=', 'purged')
        .executeTakeFirst();
      if (!row) throw new Problem('not_found');
      if ((row.storage === 'remote') === (to === 'remote')) return row;
      const change = {
        storage: to === 'remote' ? 'remote' : 'returning',
        objectsLeft: null,
        generation: row.generation + 1,
        ...{ nextRunAt: clock.now(), attempts: 0, lastError: null },
      } as const;
      await trx.updateTable('servers').set(change).where('id', '=', row.id).execute();
      return { ...row, ...change };
    });
    nudge(moved.id);
    return view(moved);
  }
}

function view({ id, slug, ownerId, state, usedBytes, storage, objectsLeft }: ServerRow): Placement {
  return { id, slug, ownerId, state, usedBytes, storage, objectsLeft };
}
