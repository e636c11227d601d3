import { existsSync } from 'node:fs';
import { openDatabase, openSchemas, type Schemas, transferDatabase } from '@ptsdly/db';
import { migrations as media } from '@ptsdly/media';
import { migrations as subscriptions, type Tables } from '@ptsdly/subscriptions';
import { openServerFiles, type ServerFiles } from '@ptsdly/subscriptions/server-files';
import { type Config, ConfigError } from './config.ts';
import { keptSecret } from './data-folder.ts';

type Rows = Awaited<ReturnType<typeof openDatabase<Tables>>>;

/** Longer than a library takes; a copy that was killed is taken up again after it. */
const LEASE_MS = 600_000;

/**
 * Gives each media server a schema in MariaDB and copies its library there, one after the other. The control plane does not
 * run meanwhile; a server that goes on without it (`swarm:`) is stopped first, and SQLite refuses a file that is in use. A
 * server that is done starts with its schema from then on, so calling it again goes on with the others. Answers the lines
 * to print.
 */
export async function migrateServers(config: Config, to: string): Promise<string[]> {
  if (!/^(mysql|mariadb):\/\/[^/]+\/(\?.*)?$/.test(to)) {
    throw new ConfigError('ptsdly migrate-store servers mysql://admin:password@host/');
  }
  const files = await openServerFiles(config.serverHost);
  if (!files) {
    throw new ConfigError(
      'The databases of servers on EC2 lie on their instances; only those of `process:` and `swarm:` can be moved.',
    );
  }
  const secret = config.serviceKey ?? keptSecret(config.data, 'service.key');
  const db = await openDatabase<Tables>(config.subscriptionsDatabase, subscriptions);
  const schemas = openSchemas(to, secret);
  try {
    const lines: string[] = [];
    for (const { id, slug } of await serversOnFiles(db)) {
      const rows = await moveOne(db, schemas, id, files);
      lines.push(`${slug}: ${rows} rows, all the same there`);
    }
    return [...lines, 'now set PTSDLY_SERVER_DATABASE'];
  } finally {
    await schemas.close();
    await db.destroy();
  }
}

const serversOnFiles = (db: Rows) =>
  db
    .selectFrom('servers')
    .select(['id', 'slug'])
    .where('desired', '!=', 'purged')
    .where((where) => where.or([where('databasePlace', 'is', null), where('databasePlace', '=', 'file')]))
    .orderBy('id')
    .execute();

/** Under the server's lease, so that no control plane starts it in between. Answers how many rows it has. */
async function moveOne(db: Rows, schemas: Schemas, id: string, files: ServerFiles): Promise<number> {
  const now = Date.now();
  const claimed = await db
    .updateTable('servers')
    .set({ leaseOwner: 'migrate-store', leaseUntil: now + LEASE_MS })
    .where('id', '=', id)
    .where((where) =>
      where.or([
        where('leaseUntil', 'is', null),
        where('leaseUntil', '<=', now),
        where('leaseOwner', '=', 'migrate-store'),
      ]),
    )
    .executeTakeFirst();
  if (claimed.numUpdatedRows === 0n) throw new Error('a control plane is at work on it; stop that first');
  const free = { leaseOwner: null, leaseUntil: null };
  const server = db.updateTable('servers').where('id', '=', id).where('leaseOwner', '=', 'migrate-store');
  try {
    await files.stop(id);
    const url = await schemas.urlOf(id);
    const file = files.databaseOf(id);
    const isBegun = existsSync(file); // one that never started has nothing to take along
    const tables = isBegun ? await transferDatabase(`sqlite:${file}`, url, media, { acceptsSame: true }) : [];
    const next = { databasePlace: 'schema', nextRunAt: Date.now() } as const;
    await server.set((row) => ({ ...next, ...free, generation: row('generation', '+', 1) })).execute();
    return tables.reduce((sum, { rows }) => sum + rows, 0);
  } catch (error) {
    await server.set(free).execute();
    throw error;
  }
}
