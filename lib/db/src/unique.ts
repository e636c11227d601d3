/** SQLite's extended result codes of a taken primary key, unique index or row id (sqlite.org/rescode.html). */
const SQLITE_TAKEN: ReadonlySet<unknown> = new Set([1555, 2067, 2579]);
/** ER_DUP_ENTRY and ER_DUP_ENTRY_WITH_KEY_NAME of MariaDB. */
const MARIADB_TAKEN: ReadonlySet<unknown> = new Set([1062, 1586]);

/** True when a statement failed because a primary key or a unique index already has the value. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { errcode, errno } = error as { errcode?: unknown; errno?: unknown };
  return SQLITE_TAKEN.has(errcode) || MARIADB_TAKEN.has(errno);
}
