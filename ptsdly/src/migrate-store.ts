import { transferDatabase } from '@ptsdly/db';
import { migrations as identity } from '@ptsdly/identity';
import { transferStore } from '@ptsdly/kv';
import { migrations as subscriptions } from '@ptsdly/subscriptions';
import { type Config, ConfigError } from './config.ts';
import { migrateServers } from './migrate-servers.ts';

const USAGE =
  'ptsdly migrate-store identity|subscriptions mysql://user:password@host/schema, servers mysql://admin:password@host/, or links redis://host/0?prefix=name';

/**
 * Copies the store of a service that does not run from where the configuration has it to another one; answers the lines to
 * print. Rejects with a ConfigError that says what to do; calling it again goes on where it was.
 */
export async function migrateStore(config: Config, [service, to]: readonly string[]): Promise<string[]> {
  if (!to) throw new ConfigError(USAGE);
  try {
    if (service === 'links') {
      const keys = await transferStore(config.linksStore, to);
      return [`links: ${keys} keys, all the same there`, 'now set PTSDLY_LINKS_STORE'];
    }
    if (service === 'servers') return await migrateServers(config, to);
    if (service !== 'identity' && service !== 'subscriptions') throw new ConfigError(USAGE);
    const isIdentity = service === 'identity';
    const from = isIdentity ? config.identityDatabase : config.subscriptionsDatabase;
    if (!from.startsWith('sqlite:'))
      throw new ConfigError(`The database of ${service} is not in a file any more.`);
    const tables = await transferDatabase(from, to, isIdentity ? identity : subscriptions);
    const lines = tables.map(({ table, rows }) => `${service}: ${table}, ${rows} rows, all the same there`);
    return [...lines, `now set PTSDLY_${service.toUpperCase()}_DATABASE`];
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(`${service} was not moved: ${(cause as Error).message}`, { cause });
  }
}
