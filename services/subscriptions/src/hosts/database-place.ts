import { HostError, type ServerDatabases, type ServerSpec } from './host.ts';

/**
 * The URL of a server's database, which holds a password where it is a schema; that is made where it is not there yet. `file` is
 * its path where it is one. Throws `stop` when it lies in a MariaDB that is not set: a new file would look as if everything
 * were lost.
 */
export async function databaseUrlOf(
  { serverId, database = 'file' }: Pick<ServerSpec, 'serverId' | 'database'>,
  file: string,
  databases: ServerDatabases | undefined,
): Promise<string> {
  if (database === 'file') return `sqlite:${file}`;
  if (!databases) {
    throw new HostError('stop', 'the database of this server lies in a MariaDB that is not set');
  }
  return databases.urlOf(serverId);
}
