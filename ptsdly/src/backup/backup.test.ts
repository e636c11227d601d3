import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  appendEvent,
  lastEvent,
  type OutboxTables,
  openDatabase,
  outboxHeadMigration,
  outboxMigration,
} from '@ptsdly/db';
import { openKv } from '@ptsdly/kv';
import { storedOriginals } from '@ptsdly/media/stored-originals';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig, serviceNames } from '../config.ts';
import { backUp } from './backup.ts';
import { restore } from './restore.ts';

let folder: string;
let target: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ptsdly-backup-'));
  target = join(folder, 'backup');
  await fill(join(folder, 'data'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const configOf = (name: string, env = {}) =>
  readConfig(serviceNames, { PTSDLY_DATA: join(folder, name), ...env });
const open = (file: string) =>
  openDatabase<OutboxTables>(`sqlite:${file}`, { '1': outboxMigration, '2': outboxHeadMigration });

/** An installation at rest with two events in each service, one server, two objects and an upload on its way. */
async function fill(data: string): Promise<void> {
  for (const name of ['identity.db', 'subscriptions.db', 'servers/a-server/media.db']) {
    const db = await open(join(data, name));
    for (let n = 1; n <= 2; n++) await db.transaction().execute((trx) => appendEvent(trx, { n }));
    await db.destroy();
  }
  const videos = new DatabaseSync(join(data, 'servers/a-server/media.db'));
  videos.exec('create table videos (id text primary key, upload text not null, file_id text not null)');
  videos.close();
  const kv = await openKv(`lmdb:${join(data, 'links')}`);
  await kv.put('link', { to: 'a video' });
  await kv.close();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(data, path, '..'), { recursive: true });
    writeFileSync(join(data, path), text);
  }
}

const files = {
  'secrets/auth.key': 'a secret',
  'servers/a-server/objects/originals/one': 'the bytes of a film',
  'servers/a-server/objects/posters/one': 'a picture',
  'servers/a-server/spool/two': 'half of a film',
  'servers/a-server/config.json': 'made anew by the host',
  'servers/.pids/a-server': 'a process of long ago',
};

test('everything comes back in another folder, and events go on behind whatever anybody has read', async () => {
  const [, summary] = await backUp(configOf('data'), target);
  expect(summary).toMatch(/^1 media servers, \d+ files/);
  expect(await restore(configOf('other'), target)).toHaveLength(1);
  const other = join(folder, 'other');
  for (const [path, text] of Object.entries(files).slice(0, 4))
    expect(readFileSync(join(other, path), 'utf8')).toBe(text);
  expect(readdirSync(join(other, 'servers'))).toEqual(['a-server']);
  expect(readdirSync(join(other, 'servers/a-server')).sort()).toEqual(['media.db', 'objects', 'spool']);
  const identity = await open(join(other, 'identity.db'));
  expect(await lastEvent(identity)).toBeGreaterThan(1_000_000);
  await identity.destroy();
  const kv = await openKv(`lmdb:${join(other, 'links')}`);
  expect(await kv.get('link')).toEqual({ to: 'a video' });
  await kv.close();
});

test('originals are linked and not copied; what is restored is a file of its own', async () => {
  await backUp(configOf('data'), target);
  const path = 'servers/a-server/objects/originals/one';
  const inode = (name: string) => statSync(join(folder, name, path)).ino;
  expect(inode('backup')).toBe(inode('data'));
  await restore(configOf('other'), target);
  expect(inode('other')).not.toBe(inode('backup'));
  const spool = (name: string) => statSync(join(folder, name, 'servers/a-server/spool/two')).ino;
  expect(spool('backup')).not.toBe(spool('data'));
});

test('what was there is kept aside', async () => {
  await backUp(configOf('data'), target);
  writeFileSync(join(folder, 'data/secrets/auth.key'), 'a later secret');
  const lines = await restore(configOf('data'), target);
  expect(readFileSync(join(folder, 'data/secrets/auth.key'), 'utf8')).toBe('a secret');
  const before = /what was there before is in (\S+);/.exec(lines[1] ?? '')?.[1] as string;
  expect(readFileSync(join(before, 'secrets/auth.key'), 'utf8')).toBe('a later secret');
});

test.each([
  ['changed', (path: string) => writeFileSync(path, 'The bytes of a film'), /damaged: .*originals\/one/],
  ['cut', (path: string) => truncateSync(path, 3), /damaged: .*originals\/one/],
  ['gone', (path: string) => rmSync(path), /not whole: .*originals\/one is missing/],
])('a backup of which a file is %s is refused, and nothing is touched', async (_, harm, message) => {
  await backUp(configOf('data'), target);
  rmSync(join(folder, 'data'), { recursive: true }); // it shares the original's bytes
  harm(join(target, 'servers/a-server/objects/originals/one'));
  await expect(restore(configOf('other'), target)).rejects.toThrow(message);
  expect(readdirSync(join(folder, 'other'))).toEqual([]);
});

test('a folder that is no finished backup is refused', async () => {
  await backUp(configOf('data'), target);
  rmSync(join(target, 'manifest.json'));
  await expect(restore(configOf('other'), target)).rejects.toThrow(/not finished/);
  writeFileSync(
    join(target, 'manifest.json'),
    '{"format":"ptsdly-backup-1","createdAt":"2027-01-01T00:00:00Z","files":[{"path":"../x","size":0,"sha256":"00"}]}',
  );
  await expect(restore(configOf('other'), target)).rejects.toThrow(/damaged/);
});

test('nothing is restored under a running service, nor copied over anything', async () => {
  await backUp(configOf('data'), target);
  await expect(backUp(configOf('data'), target)).rejects.toThrow(/there already/);
  // In a process of its own, since locks are between processes.
  const holder = await hold(join(folder, 'data/identity.db'));
  await expect(restore(configOf('data'), target)).rejects.toThrow(/Stop PTSD\.ly first/);
  holder.kill('SIGKILL');
});

test('a video that comes and goes while files are copied is there whole or not at all', async () => {
  const busy = await comeAndGo(join(folder, 'data/servers/a-server'));
  try {
    for (let n = 0; n < 15; n++) {
      await rm(target, { recursive: true, force: true });
      await backUp(configOf('data'), target);
      const server = join(target, 'servers/a-server');
      for (const name of storedOriginals(join(server, 'media.db')))
        expect(readFileSync(join(server, 'objects', name), 'utf8')).toBe('all of it');
    }
  } finally {
    busy.kill('SIGKILL');
  }
});

test('a file that has long been lost does not stop a backup', async () => {
  const videos = new DatabaseSync(join(folder, 'data/servers/a-server/media.db'));
  videos.exec("insert into videos values ('lost', 'complete', 'lost')");
  videos.close();
  expect(await backUp(configOf('data'), target)).toContain(
    'not on this disk, and so not in the backup: servers/a-server/objects/lost/original',
  );
});

test('stores that lie elsewhere are named', async () => {
  const elsewhere = configOf('data', { PTSDLY_LINKS_STORE: 'redis://localhost/0?prefix=x' });
  await expect(backUp(elsewhere, target)).rejects.toThrow(/PTSDLY_LINKS_STORE leads elsewhere/);
});

/** A media server in whose folder videos live for a moment each. */
function comeAndGo(server: string) {
  return running(`
    const { mkdirSync, rmSync, writeFileSync } = await import('node:fs');
    const { DatabaseSync } = await import('node:sqlite');
    const { setTimeout: sleep } = await import('node:timers/promises');
    const db = new DatabaseSync(${JSON.stringify(join(server, 'media.db'))}, { timeout: 5000 });
    db.exec('pragma journal_mode = wal');
    console.log('begun');
    for (let n = 0; ; n++) {
      const object = ${JSON.stringify(join(server, 'objects'))} + '/v' + n;
      mkdirSync(object);
      writeFileSync(object + '/original', 'all of it');
      db.prepare("insert into videos values (?, 'complete', ?)").run('v' + n, 'v' + n);
      await sleep(Math.random() * 8);
      db.prepare('delete from videos where id = ?').run('v' + n);
      rmSync(object, { recursive: true });
    }`);
}

async function hold(file: string) {
  return running(
    `const { openSqlite } = await import('@ptsdly/db'); openSqlite(${JSON.stringify(file)}); console.log('held'); setInterval(() => 0, 1000);`,
  );
}

/** A program in a process of its own, once it has said a first word. */
async function running(program: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}
