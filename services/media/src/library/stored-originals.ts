import { DatabaseSync } from 'node:sqlite';
import { originalOf } from './object-names.ts';

/**
 * Names of the objects that must be there by the word of a media server's database, of any release; of one that nobody
 * has open.
 */
export function storedOriginals(database: string): string[] {
  const db = new DatabaseSync(database, { readOnly: true });
  try {
    const rows = db.prepare("select * from videos where upload = 'complete' order by id").all();
    return rows.map((row) => originalOf(String(row.file_id ?? row.id)));
  } finally {
    db.close();
  }
}
