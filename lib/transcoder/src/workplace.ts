import { constants, type Stats } from 'node:fs';
import { copyFile, type FileHandle, link, lstat, mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { full, TaskFailure } from './failure.ts';

/**
 * Files of a media server are named by the server itself, which may be in hostile hands: any part of a path may be,
 * or turn into, a link that leads elsewhere. So a path is walked one folder after the other without following links,
 * and what was found is held open; only that is used. The input gets a second name in a folder of the host's own, the
 * output is made there and moved.
 */
export interface Workplace extends AsyncDisposable {
  readonly input: string;
  readonly inputBytes: number;
  readonly output: string;
  /** Moves a result into the server's folder under its name there; what was there before is replaced. */
  publish(made: string, name: string): Promise<void>;
}

export interface WorkplaceOptions {
  /** A folder of the host's own, on the file system of the server's. */
  readonly scratch: string;
  /** The server's own folder. */
  readonly folder: string;
  /** Relative to it. */
  readonly input: string;
  /** Relative to it: the folder of the results; null where there are none. */
  readonly outputFolder: string | null;
}

/** Less than this on the disk, and nothing new is begun. */
const SPARE_BYTES = 64 * 1024 * 1024;
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, COPYFILE_FICLONE } = constants;

/** Rejects with `TaskFailure`: `refused` where a path leads nowhere or elsewhere, `full` where there is no room. */
export async function openWorkplace(options: WorkplaceOptions): Promise<Workplace> {
  const { scratch } = options;
  await using held = new AsyncDisposableStack();
  held.defer(() => rm(scratch, { recursive: true, force: true }));
  const output = join(scratch, 'output');
  await mkdir(output, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(scratch);
  if (bavail * bsize < SPARE_BYTES) throw full();
  const input = join(scratch, 'input');
  const inputBytes = await secondName(options, input);
  const target = options.outputFolder === null ? null : await folderOf(options, held);
  const owned = held.move();
  return {
    ...{ input, inputBytes, output },
    async publish(made, name) {
      const path = join(output, made);
      const stats = await lstat(path).catch(() => undefined);
      if (!target || !stats?.isFile() || stats.nlink !== 1)
        throw new TaskFailure('failed', 'There is no result.');
      await rename(path, join(target, name));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Gives the input its second name. Returns its size. */
async function secondName({ folder, input }: WorkplaceOptions, name: string): Promise<number> {
  await using held = new AsyncDisposableStack();
  const parts = input.split('/');
  const file = parts.pop() as string;
  const parent = await walk(folder, parts, held, false);
  const path = join(pathOf(parent), file);
  const opened = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(noSuchInput);
  held.defer(() => opened.close());
  const stats = await opened.stat();
  if (!stats.isFile()) noSuchInput();
  const linked = await link(path, name).then(
    () => lstat(name),
    () => undefined,
  );
  if (!linked) await copyFile(pathOf(opened), name, COPYFILE_FICLONE);
  else if (!sameFile(linked, stats)) noSuchInput();
  return stats.size;
}

async function folderOf(options: WorkplaceOptions, held: AsyncDisposableStack): Promise<string> {
  const parts = (options.outputFolder as string).split('/').filter((part) => part !== '');
  return pathOf(await walk(options.folder, parts, held, true));
}

/** Opens a folder below `root`, part by part, through no link. */
async function walk(
  root: string,
  parts: readonly string[],
  held: AsyncDisposableStack,
  make: boolean,
): Promise<FileHandle> {
  const enter = async (path: string) => {
    const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(noSuchFolder);
    held.defer(() => handle.close());
    return handle;
  };
  let at = await enter(root);
  for (const part of parts) {
    const path = join(pathOf(at), part);
    if (make) await mkdir(path, { mode: 0o700 }).catch(unlessThere);
    at = await enter(path);
  }
  return at;
}

/** What stands for an open file in a path (Linux, proc(5)): the way to `openat` where the runtime offers none. */
const pathOf = (handle: FileHandle) => `/proc/self/fd/${handle.fd}`;

const sameFile = (a: Stats, b: Stats) => a.ino === b.ino && a.dev === b.dev;

function noSuchInput(): never {
  throw new TaskFailure('refused', 'The input is no file of this server.');
}

function noSuchFolder(): never {
  throw new TaskFailure('refused', 'The path is no folder of this server.');
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
