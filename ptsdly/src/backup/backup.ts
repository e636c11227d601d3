import { constants, existsSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createClient, linksStoreApi, Problem } from '@ptsdly/contract';
import { copySqlite } from '@ptsdly/db';
import { canBackUp, openKv } from '@ptsdly/kv';
import { storedOriginals } from '@ptsdly/media/stored-originals';
import { type Config, ConfigError } from '../config.ts';
import { operatorPeer } from '../operator.ts';
import { parts, requireDefaults, serverParts } from './layout.ts';
import { absent, filesIn, writeManifest } from './manifest.ts';

/**
 * Copies a whole default installation into a new folder, while it runs or while it rests; answers the lines to print.
 * Each store is as it was at one moment: media servers first and identity last, so that nobody has followed a feed further
 * than its copy goes. Originals and the like are linked where the folder is on the same file system, since they never
 * change in place. Rejects with a ConfigError that says what to do; nothing is left behind then.
 */
export async function backUp(config: Config, folder: string): Promise<string[]> {
  requireDefaults(config);
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder, { mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError(
      `${folder} cannot be made (${cause.code === 'EEXIST' ? 'it is there already' : cause.message}).`,
      { cause },
    );
  });
  try {
    const servers = await copyServers(join(config.data, parts.servers), join(folder, parts.servers));
    for (const name of [parts.subscriptions, parts.identity] as const) {
      if (name === parts.identity) await copyLinks(config, join(folder, parts.links));
      if (existsSync(join(config.data, name))) await copySqlite(join(config.data, name), join(folder, name));
    }
    await copyFiles(join(config.data, parts.secrets), join(folder, parts.secrets), copyOf);
    const { files } = await writeManifest(folder);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    return [
      `backup: ${folder}`,
      `${servers.copied} media servers, ${files.length} files, ${bytes} bytes`,
      ...servers.missed.map((path) => `not on this disk, and so not in the backup: ${path}`),
    ];
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** How many there were, and where originals should have been and were not (in S3, or lost). */
async function copyServers(from: string, to: string): Promise<{ copied: number; missed: string[] }> {
  const names = ((await readdir(from).catch(absent)) ?? []).filter((name) => !name.startsWith('.'));
  const missed: string[] = [];
  let copied = 0;
  for (const name of names) {
    if (!existsSync(join(from, name, serverParts.database))) continue; // it has not begun to exist
    const originals = await copyServer(join(from, name), join(to, name));
    missed.push(...originals.map((path) => `${parts.servers}/${name}/${serverParts.objects}/${path}`));
    copied++;
  }
  return { copied, missed };
}

/**
 * What the database names is there whenever its moment was: what was removed after it is held by the first round of
 * links, what came before it by the second. A video that came and went between the two rounds is in neither; then the
 * database is copied once more, until it names no such video, or the same as before: their files are really not here.
 */
async function copyServer(from: string, to: string): Promise<string[]> {
  const { objects, spool, database } = serverParts;
  await mkdir(to, { recursive: true, mode: 0o700 });
  await copyFiles(join(from, objects), join(to, objects), linkOf);
  await copyFiles(join(from, spool), join(to, spool), copyOf); // these still grow
  for (let before: string[] = []; ; ) {
    await copySqlite(join(from, database), join(to, database));
    await copyFiles(join(from, objects), join(to, objects), linkOf);
    const missed = missing(to);
    if (missed.join() === before.join()) return missed;
    before = missed;
  }
}

/** Names of originals that the copy of a media server's database knows and that were not copied. */
const missing = (server: string) =>
  storedOriginals(join(server, serverParts.database)).filter(
    (name) => !existsSync(join(server, serverParts.objects, name)),
  );

type Copy = (from: string, to: string) => Promise<void>;

async function copyFiles(from: string, to: string, copy: Copy): Promise<void> {
  for (const path of await filesIn(from)) {
    await mkdir(dirname(join(to, path)), { recursive: true, mode: 0o700 });
    await copy(join(from, path), join(to, path)).catch(absent); // it went meanwhile
  }
}

/** By a copy where the two lie on different file systems. */
const linkOf: Copy = async (from, to) => {
  if (await isSame(from, to)) return;
  await rm(to, { force: true });
  await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV' && error.code !== 'EPERM' && error.code !== 'EMLINK') throw error;
    await copyOf(from, to);
  });
};

async function isSame(from: string, to: string): Promise<boolean> {
  const [source, target] = [await stat(from).catch(absent), await stat(to).catch(absent)];
  if (!source || !target) return false;
  return source.ino === target.ino || (source.size === target.size && source.mtimeMs <= target.mtimeMs);
}

const copyOf: Copy = (from, to) => copyFile(from, to, constants.COPYFILE_FICLONE);

/** By the service, which alone has its store open; where it does not run, by opening the store. */
async function copyLinks(config: Config, folder: string): Promise<void> {
  try {
    await createClient(linksStoreApi, operatorPeer(config, 'links')).backUp({ body: { folder } });
    return;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'unavailable') throw error;
  }
  if (!existsSync(join(config.data, parts.links))) return;
  const kv = await openKv(config.linksStore).catch((cause: Error) => {
    throw new ConfigError(`The links service does not answer, and its store is not free: ${cause.message}`, {
      cause,
    });
  });
  if (canBackUp(kv)) await kv.backUp(folder).finally(() => kv.close());
}
