import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../config.ts';

const NAME = 'manifest.json';

const manifest = z.object({
  format: z.literal('ptsdly-backup-1'),
  createdAt: z.iso.datetime(),
  files: z.array(
    z.object({
      /** With `/` between its parts, inside the backup. */
      path: z.string().refine((path) => !path.startsWith('/') && !path.split('/').includes('..')),
      size: z.int().min(0),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
export type Manifest = z.infer<typeof manifest>;

/** Names everything in a folder with its checksum, in the file that makes a backup of it. Written last, and to the disk. */
export async function writeManifest(folder: string): Promise<Manifest> {
  const files: Manifest['files'] = [];
  for (const path of await filesIn(folder)) {
    const full = join(folder, path);
    files.push({
      path: path.split(sep).join('/'),
      size: (await stat(full)).size,
      sha256: await checksum(full),
    });
  }
  const made: Manifest = { format: 'ptsdly-backup-1', createdAt: new Date().toISOString(), files };
  const file = await open(join(folder, NAME), 'wx', 0o600);
  await file.writeFile(`${JSON.stringify(made, null, 1)}\n`);
  await file.sync().finally(() => file.close());
  return made;
}

/** Rejects with a ConfigError for a folder that is no whole backup. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, NAME), 'utf8').catch((cause: Error) => {
    throw new ConfigError(`${folder} is no backup, or one that was not finished: it has no ${NAME}.`, {
      cause,
    });
  });
  try {
    return manifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new ConfigError(`${join(folder, NAME)} is damaged.`, { cause });
  }
}

/** Every file below a folder, relative to it, in the order of their names. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(absent);
  return (entries ?? [])
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

export async function checksum(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
