import { createHash, createHmac } from 'node:crypto';
import { createPool, type Pool } from 'mysql2/promise';
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
  close(): Promise<void>;
}

/**
 * Opens the maker of schemas behind `mysql://<admin>:<password>@<host>[:<port>]/[?<option>&…]`. Passwords are derived from
 * `secret`, so that none has to be kept. Its calls reject with `DatabaseUnavailable` while MariaDB is away.
 */
export function openSchemas(adminUrl: string, secret: string): Schemas {
  const pool = createPool({ ...mariaDbServerOptions(adminUrl), connectionLimit: 2 });
  return {
    async urlOf(owner) {
      const name = nameOf(owner);
      const password = createHmac('sha256', secret).update(`database of ${owner}`).digest('base64url');
      await execute(pool, [
        `create database if not exists ${name} character set utf8mb4 collate utf8mb4_nopad_bin`,
        `create user if not exists ${name}@'%' identified by '${password}'`,
        `alter user ${name}@'%' identified by '${password}'`,
        `grant ${RIGHTS} on ${name}.* to ${name}@'%'`,
      ]);
      const url = new URL(adminUrl.replace(/^mariadb:/, 'mysql:'));
      const { host, search } = url;
      return `mysql://${name}:${password}@${host}/${name}${search}`;
    },
    async drop(owner) {
      const name = nameOf(owner);
      await execute(pool, [`drop database if exists ${name}`, `drop user if exists ${name}@'%'`]);
    },
    close: () => pool.end(),
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
