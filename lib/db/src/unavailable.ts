/** The database did not answer, or gave up on what was asked of it; nothing of a transaction stays, and trying again helps. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  readonly code = 'DATABASE_UNAVAILABLE';
}

/**
 * Errors of the server (mariadb.com/kb/en/mariadb-error-codes) with which it turns everybody away: too many
 * connections, shutting down, a statement that was killed or has waited too long, a connection that was ended, read-only.
 */
const AWAY_NUMBERS: ReadonlySet<unknown> = new Set([
  1040, 1053, 1079, 1152, 1203, 1205, 1213, 1226, 1290, 1317, 1927, 1969, 4031,
]);
/** Errors of the driver and of the system below it. */
const AWAY_CODES: ReadonlySet<unknown> = new Set([
  ...[
    'PROTOCOL_CONNECTION_LOST',
    'PROTOCOL_SEQUENCE_TIMEOUT',
    'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
    'POOL_CLOSED',
  ],
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOENT',
  ],
]);
/** Two transactions in each other's way (1213, 1205), or a row that has changed since it was read (1020). */
const CONFLICTS: ReadonlySet<unknown> = new Set([1213, 1205, 1020]);

/** True where MariaDB has refused one of two that were in each other's way, so that running it again helps. */
export function isConflict(error: unknown): boolean {
  const cause = error instanceof DatabaseUnavailable ? error.cause : error;
  return CONFLICTS.has((cause as { errno?: unknown } | null | undefined)?.errno);
}

/** A failure of MariaDB, as `DatabaseUnavailable` where it is one. The cause keeps the code and not the statement. */
export function explained(error: unknown): unknown {
  const { errno, code, fatal } = (error ?? {}) as { errno?: unknown; code?: unknown; fatal?: unknown };
  const away = AWAY_NUMBERS.has(errno) || AWAY_CODES.has(code) || CONFLICTS.has(errno) || fatal === true;
  if (!away) return error;
  const cause = Object.assign(new Error(`MariaDB: ${String(code ?? errno)}`), { errno, code });
  return new DatabaseUnavailable('the database does not answer', { cause });
}
