import { setTimeout as sleep } from 'node:timers/promises';
import type { MysqlPool, MysqlPoolConnection } from 'kysely';
import type { Pool, PoolConnection } from 'mysql2';
import { explained, isConflict } from './unavailable.ts';

/** How often a statement or a transaction that was in another's way runs again. */
const ATTEMPTS = 12;
/** What makes of a connection one that behaves as our schemas expect, whatever the server's own settings are. */
const SETTINGS = [
  'set names utf8mb4 collate utf8mb4_nopad_bin',
  // Standard quotes and strings, and an error where a value does not fit.
  `set session sql_mode = 'STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
  // As SQLite: transactions behave as if they ran one after another. Lone reads take no locks even so.
  'set session transaction isolation level serializable',
  `set session innodb_lock_wait_timeout = 10, time_zone = '+00:00', foreign_key_checks = 1`,
];

/** Something of a schema that a migration was about to make is there: a table, a column, an index. */
const MADE: ReadonlySet<unknown> = new Set([1050, 1060, 1061]);

export interface Habits {
  /** How long a statement may take. */
  readonly patienceMs: number;
  /** Overlooks what a migration finds already made. */
  readonly resuming: boolean;
}

type Done = (error: unknown, result: never) => void;

/**
 * The pool of mysql2 as Kysely's dialect sees it: every connection with our settings, values bound as on SQLite, lone
 * statements run again after a deadlock, and failures told as `DatabaseUnavailable` where they are.
 */
export function kyselyPool(pool: Pool, habits: Habits): MysqlPool {
  pool.on('connection', (connection) => {
    for (const setting of SETTINGS) connection.query(setting);
  });
  return {
    getConnection: (callback) =>
      pool.getConnection((error, connection) => {
        if (error) callback(explained(error), undefined as never);
        else callback(null, adapt(connection, habits));
      }),
    end: (callback) => pool.end(callback),
  };
}

const adapted = new WeakMap<PoolConnection, MysqlPoolConnection>();

function adapt(connection: PoolConnection, { patienceMs, resuming }: Habits): MysqlPoolConnection {
  const known = adapted.get(connection);
  if (known) return known;
  let inTransaction = false;
  const once = (sql: string, values: unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      connection.query({ sql, values, timeout: patienceMs }, (error, result) => {
        if (!error) return resolve(result);
        if (resuming && MADE.has(error.errno)) return resolve([]);
        if (error.code === 'PROTOCOL_SEQUENCE_TIMEOUT') connection.destroy(); // its answer may still come
        reject(explained(error));
      });
    });
  const run = async (sql: string, values: unknown[]) => {
    if (sql === 'begin') inTransaction = true;
    if (sql === 'commit' || sql === 'rollback') inTransaction = false;
    return inTransaction ? once(sql, values) : again(() => once(sql, values));
  };
  const query = (sql: string, parameters: readonly unknown[], done?: Done) => {
    run(sql, parameters.map(bindable)).then(
      (result) => done?.(null, result as never),
      (error: unknown) => done?.(error, undefined as never),
    );
    return { stream: () => connection.query(sql, parameters.map(bindable)).stream({ objectMode: true }) };
  };
  const made: MysqlPoolConnection = {
    config: connection.config,
    connect: () => undefined,
    destroy: () => connection.destroy(),
    query,
    get threadId() {
      return connection.threadId as number;
    },
    release: () => connection.release(),
  };
  adapted.set(connection, made);
  return made;
}

/** Runs `work` again, a little later each time, while it is refused for being in another's way. */
export async function again<R>(work: () => Promise<R>, alone: Turns = inAnyOrder): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await (attempt === 1 ? work() : alone(work));
    } catch (error) {
      if (attempt === ATTEMPTS || !isConflict(error)) throw error;
      await sleep(Math.random() * 10 * attempt);
    }
  }
}

type Turns = <R>(work: () => Promise<R>) => Promise<R>;

const inAnyOrder: Turns = (work) => work();

/** Runs one after the other: what was in another's way here is not in each other's again. */
export function oneByOne(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

function bindable(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array && !Buffer.isBuffer(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return value;
}
