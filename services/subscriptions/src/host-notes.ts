import { isUniqueViolation } from '@ptsdly/db';
import type { HostNotes } from './hosts/host.ts';
import type { Database } from './schema.ts';

/** Notes of a host's driver in the database of the service, where every control plane sees them. */
export function keepHostNotes(db: Database): HostNotes {
  return {
    read: (serverId) =>
      db.selectFrom('hostNotes').selectAll().where('serverId', '=', serverId).executeTakeFirst(),
    async write(serverId, content, version) {
      if (version > 0) {
        const replaced = await db
          .updateTable('hostNotes')
          .set({ content, version: version + 1 })
          .where('serverId', '=', serverId)
          .where('version', '=', version)
          .executeTakeFirst();
        return replaced.numUpdatedRows > 0n;
      }
      try {
        await db.insertInto('hostNotes').values({ serverId, content, version: 1 }).execute();
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    list: () => db.selectFrom('hostNotes').selectAll().execute(),
  };
}
