import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Account } from './account.ts';
import { type LocalFile, type UploadOptions, uploadFiles } from './upload-files.ts';

const VIDEOS =
  /\.(mp4|m4v|mov|qt|mkv|webm|ts|mts|m2ts|avi|wmv|asf|flv|mpg|mpeg|vob|ogv|3gp|3g2|mxf|m4a|mp3|flac|wav|ogg|opus)$/i;
const MOST_PATHS = 500;

export interface ImportOptions extends Omit<UploadOptions, 'files' | 'share'> {
  readonly folder: string;
  /** Not only what looks like a video by its name. */
  readonly all: boolean;
}

/** Uploads what lies in a folder, with the folders in it. Hidden files and symbolic links are left out. */
export async function importFolder(options: ImportOptions): Promise<boolean> {
  const { folder, all, account } = options;
  if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is not a folder`);
  const paths = (await filesIn(folder)).filter((path) => all || VIDEOS.test(path)).sort();
  if (paths.length === 0) throw new Error(`There are no videos in ${folder}; --all takes every file.`);
  const folders = await ensureFolders(
    account,
    paths.map((path) => parentsOf(folder, path)),
  );
  const files = paths.map((path): LocalFile => {
    const folderId = folders.get(keyOf(parentsOf(folder, path)));
    return { path, label: relative(folder, path), ...(folderId && { folderId }) };
  });
  return uploadFiles({ ...options, files, share: false });
}

async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesIn(path)));
    else if (entry.isFile()) files.push(path);
  }
  return files;
}

const parentsOf = (folder: string, path: string) => relative(folder, path).split(sep).slice(0, -1);
const keyOf = (path: readonly string[]) => path.join('/');

/** The ids of folders by their paths. */
async function ensureFolders({ media }: Account, given: readonly string[][]): Promise<Map<string, string>> {
  const wanted = [
    ...new Map(given.filter((path) => path.length > 0).map((path) => [keyOf(path), path])).values(),
  ];
  const ids = new Map<string, string>();
  for (let at = 0; at < wanted.length; at += MOST_PATHS) {
    const paths = wanted.slice(at, at + MOST_PATHS);
    const { folderIds } = await media.ensureFolders({ body: { paths } });
    for (const [i, path] of paths.entries()) ids.set(keyOf(path), folderIds[i] ?? '');
  }
  return ids;
}
