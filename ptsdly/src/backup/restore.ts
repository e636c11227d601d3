import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSqliteInUse, skipEventsIn } from '@ptsdly/db';
import { restoreBackup } from '@ptsdly/kv';
import { type Config, ConfigError } from '../config.ts';
import { parts, requireDefaults, serverParts } from './layout.ts';
import { absent, checksum, type Manifest, readManifest } from './manifest.ts';

/** More events than a service has had since any backup that is worth restoring. */
const SKIPPED = 1_000_000_000;
const DRAFT = '.restoring';

/**
 * Puts a backup in the place of a data folder, while nothing runs on it; answers the lines to print. Every file is copied
 * and compared with its checksum before anything is replaced. What was there is kept beside it. Events go on at numbers that
 * nobody has seen. Rejects with a ConfigError that says what to do.
 */
export async function restore(config: Config, folder: string): Promise<string[]> {
  requireDefaults(config);
  const { data } = config;
  const manifest = await readManifest(folder);
  await requireRest(data);
  const draft = join(data, DRAFT);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    await copyChecked(manifest, folder, draft);
    await renumber(draft);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  const before = await exchange(data, draft);
  return [
    `restored from ${folder}, of ${manifest.createdAt}`,
    ...(before ? [`what was there before is in ${before}; remove it when all is well`] : []),
  ];
}

/** Throws while a service or a media server has a store of the folder open. */
async function requireRest(data: string): Promise<void> {
  const servers = ((await readdir(join(data, parts.servers)).catch(absent)) ?? []).map((name) =>
    join(parts.servers, name, serverParts.database),
  );
  for (const file of [parts.identity, parts.subscriptions, ...servers]) {
    if (isSqliteInUse(join(data, file)))
      throw new ConfigError(`${join(data, file)} is in use. Stop PTSD.ly first.`);
  }
}

async function copyChecked({ files }: Manifest, from: string, to: string): Promise<void> {
  for (const { path, size, sha256 } of files) {
    const target = join(to, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await copyFile(join(from, path), target).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT')
        throw new ConfigError(`The backup is not whole: ${path} is missing.`, { cause });
      throw cause;
    });
    await chmod(target, 0o600);
    if ((await checksum(target)) !== sha256) {
      throw new ConfigError(
        `The backup is damaged: ${path} is not the file of ${size} bytes that was written.`,
      );
    }
    await sync(target);
  }
}

/** Those who follow a feed may have read further than the backup. */
async function renumber(draft: string): Promise<void> {
  for (const name of [parts.identity, parts.subscriptions]) {
    if (existsSync(join(draft, name))) await skipEventsIn(join(draft, name), SKIPPED);
  }
  const links = join(draft, parts.links);
  if (!existsSync(links)) return;
  const copy = `${links}-copy`;
  await rename(links, copy);
  await restoreBackup(`lmdb:${links}`, copy);
  await rm(copy, { recursive: true });
}

/** Answers where the old parts went. Repeating it after a crash is safe: nothing is removed. */
async function exchange(data: string, draft: string): Promise<string | undefined> {
  const present = Object.values(parts).filter((name) => existsSync(join(data, name)));
  const before = join(data, `before-${new Date().toISOString().replaceAll(':', '-')}`);
  if (present.length > 0) await mkdir(before, { mode: 0o700 });
  for (const name of present) await moveAside(data, name, before);
  for (const name of await readdir(draft)) await rename(join(draft, name), join(data, name));
  await rm(draft, { recursive: true });
  return present.length > 0 ? before : undefined;
}

/** A database with the log that belongs to it. */
async function moveAside(data: string, name: string, before: string): Promise<void> {
  await rename(join(data, name), join(before, name));
  for (const end of ['-wal', '-shm'])
    await rename(join(data, name + end), join(before, name + end)).catch(absent);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
}
