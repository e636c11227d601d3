import { createHash, createHmac } from 'node:crypto';
import type { Pool, RowDataPacket } from 'mysql2/promise';
import { mariaDbServerOptions } from './mariadb-url.ts';
import { explained } from './unavailable.ts';

/** What a service does in its schema, and nothing beside it. */
const RIGHTS = 'select, insert, update, delete, create, alter, index, drop, references';

/** Schemas of a MariaDB that are made for others, each with a user who can do nothing but in it. */
export interface Schemas {
  /** The URL of the schema of `owner`, made where it is not there yet. Always the same for one owner. */
  urlOf(owner: string): Promise<string>;
  /** Removes schema and user for ever. Nothing to do is success. */
  drop(owner: string): Promise<void>;
  /** The name of the schema of `owner`, whether it is there or not. */
  nameOf(owner: string): string;
  /** Names of all that were made with this secret, in any order; those of other installations stay out of sight. */
  list(): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Opens the maker of schemas behind `mysql://<admin>:<password>@<host>[:<port>]/[?<option>&…]`. Passwords are derived from
 * `secret`, so that none has to be kept. Its calls reject with `DatabaseUnavailable` while MariaDB is away.
 */
export function openSchemas(adminUrl: string, secret: string): Schemas {
  const options = { ...mariaDbServerOptions(adminUrl), connectionLimit: 2 };
  let pool: Promise<Pool> | undefined;
  // The driver takes 10 MB, and who opens a file never needs it.
  const opened = () => {
    pool ??= import('mysql2/promise').then(({ createPool }) => createPool(options));
    return pool;
  };
  const derived = (label: string) => createHmac('sha256', secret).update(label).digest('base64url');
  const mark = `ptsdly ${derived('installation')
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 16)}`;
  /** Those that were made by us already: a server that wakes does not wait for MariaDB once more. */
  const made = new Set<string>();
  return {
    nameOf,
    async urlOf(owner) {
      const name = nameOf(owner);
      const password = derived(`database of ${owner}`);
      const statements = [
        `create database if not exists ${name} character set utf8mb4 collate utf8mb4_nopad_bin`,
        `alter database ${name} comment '${mark}'`,
        `create user if not exists ${name}@'%' identified by '${password}'`,
        `alter user ${name}@'%' identified by '${password}'`,
        `grant ${RIGHTS} on ${name}.* to ${name}@'%'`,
      ];
      if (!made.has(name)) await execute(await opened(), statements);
      made.add(name);
      const url = new URL(adminUrl.replace(/^mariadb:/, 'mysql:'));
      const { host, search } = url;
      return `mysql://${name}:${password}@${host}/${name}${search}`;
    },
    async drop(owner) {
      const name = nameOf(owner);
      made.delete(name);
      await execute(await opened(), [`drop database if exists ${name}`, `drop user if exists ${name}@'%'`]);
    },
    async list() {
      const query = 'select schema_name as name from information_schema.schemata where schema_comment = ?';
      const asked = (await opened()).query<(RowDataPacket & { name: string })[]>(query, [mark]);
      const [rows] = await asked.catch((error) => {
        throw explained(error);
      });
      return rows.map(({ name }) => name);
    },
    close: async () => (await pool)?.end(),
  };
}

/** Letters and digits only, whatever the owner is called. */
const nameOf = (owner: string) => `ptsdly_${createHash('sha256').update(owner).digest('hex').slice(0, 24)}`;

async function execute(pool: Pool, statements: readonly string[]): Promise<void> {
  try {
    for (const statement of statements) await pool.query(statement);
  } catch (error) {
    throw explained(error);
  }
}
