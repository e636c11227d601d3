import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

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
  const name = file === ':memory:' ? `t_${randomBytes(8).toString('hex')}` : nameOf(file);
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

/** Copies the database of one file to that of another, as it is on disk at this moment, as after a crash. */
export function copyDatabase(from: string, to: string): void {
  const socket = process.env[SOCKET];
  if (socket === undefined) {
    mkdirSync(dirname(to), { recursive: true });
    for (const end of ['', '-wal']) if (existsSync(from + end)) copyFileSync(from + end, to + end);
    return;
  }
  newDatabase(to);
  const [source, target] = [nameOf(from), nameOf(to)];
  const tables = asAdmin(socket, `show tables from ${source}`).split('\n').filter(Boolean);
  const copies = tables.flatMap((table) => [
    `create table ${target}.\`${table}\` like ${source}.\`${table}\``,
    `insert into ${target}.\`${table}\` select * from ${source}.\`${table}\``,
  ]);
  asAdmin(socket, ...copies);
}

const nameOf = (file: string) => `t_${createHash('sha256').update(resolve(file)).digest('hex').slice(0, 16)}`;

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

function asAdmin(socket: string, ...statements: string[]): string {
  const args = [
    '--no-defaults',
    `--socket=${socket}`,
    '--user=tester',
    '--password=tester',
    '--skip-column-names',
  ];
  const done = spawnSync('mariadb', [...args, '-e', statements.join(';')], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`mariadb: ${done.stderr}`);
  return done.stdout;
}
