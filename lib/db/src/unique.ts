/** SQLite's extended result codes of a taken primary key, unique index or row id (sqlite.org/rescode.html). */
const SQLITE_TAKEN: ReadonlySet<unknown> = new Set([1555, 2067, 2579]);

/** True when a statement failed because a primary key or a unique index already has the value. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && SQLITE_TAKEN.has(error.errcode);
}
