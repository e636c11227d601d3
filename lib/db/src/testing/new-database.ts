import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { resolve } from 'node:path';

/** Set where tests run on MariaDB: its socket. Child processes of a test inherit it. */
const SOCKET = 'TEST_MARIADB_SOCKET';
const made = new Set<string>();

/** From now on new databases are schemas of the MariaDB behind this socket. */
export function useMariaDb(socket: string): void {
  process.env[SOCKET] = socket;
}

/**
 * The URL of a database of the engine that this run of the tests is for: SQLite, in memory or in a file, or a schema in
 * MariaDB with a user who may do in it what a service needs and no more. The same file means the same database.
 */
export function newDatabase(file = ':memory:'): string {
  const socket = process.env[SOCKET];
  if (socket === undefined) return `sqlite:${file}`;
  const inMemory = file === ':memory:';
  const seed = inMemory ? randomBytes(16) : resolve(file);
  const name = `t_${createHash('sha256').update(seed).digest('hex').slice(0, 16)}`;
  if (!made.has(name)) {
    made.add(name);
    asAdmin(
      socket,
      `create database if not exists ${name} character set utf8mb4 collate utf8mb4_nopad_bin`,
      `create user if not exists ${name}@localhost identified by '${name}'`,
      `grant ${RIGHTS} on ${name}.* to ${name}@localhost`,
    );
  }
  return `mysql://${name}:${name}@localhost/${name}?socket=${encodeURIComponent(socket)}&connections=5`;
}

/** What a service needs in its schema. */
const RIGHTS = 'select, insert, update, delete, create, alter, index, drop, references';

/** Drops what `newDatabase` has made in this process. */
export function dropDatabases(): void {
  const socket = process.env[SOCKET];
  if (socket === undefined || made.size === 0) return;
  const names = [...made];
  made.clear();
  asAdmin(socket, ...names.flatMap((name) => [`drop database ${name}`, `drop user ${name}@localhost`]));
}

function asAdmin(socket: string, ...statements: string[]): void {
  const args = ['--no-defaults', `--socket=${socket}`, '--user=tester', '--password=tester'];
  const done = spawnSync('mariadb', [...args, '-e', statements.join(';')], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`mariadb: ${done.stderr}`);
}
