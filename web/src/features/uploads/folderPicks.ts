import type { ReopenableHandle } from './keepsakes.ts';
import type { Pick } from './uploader.ts';

const films = /\.(mp4|m4v|mov|mkv|webm|ts|mts|m2ts|avi|wmv|flv|mpe?g|3gp|ogv|mxf|vob|mp3|m4a|flac|wav|ogg)$/i;
const mostFiles = 20_000;

/** Of a folder only films are taken: what else lies in it (thumbnails, notes) was not meant. */
export const isFilm = ({ name, type }: { name: string; type: string }) =>
  !name.startsWith('.') && (films.test(name) || /^(video|audio)\//.test(type));

type PickDirectory = () => Promise<FileSystemDirectoryHandle>;

/** The browser's dialog for a folder; null where there is none. */
export function folderPicker(): (() => Promise<readonly Pick[]>) | null {
  const show = (window as { showDirectoryPicker?: PickDirectory }).showDirectoryPicker;
  if (!show) return null;
  return async () => {
    const handle = await show.call(window).catch(() => null);
    return handle ? filesIn(handle) : [];
  };
}

/** All films below a folder, with the names of the folders on the way. */
export async function filesIn(
  folder: FileSystemDirectoryHandle,
  path: readonly string[] = [folder.name],
): Promise<readonly Pick[]> {
  const found: Pick[] = [];
  const entries = folder as unknown as { values(): AsyncIterable<FileSystemHandle> };
  for await (const handle of entries.values()) {
    if (found.length >= mostFiles) break;
    if (handle.kind === 'directory') {
      found.push(...(await filesIn(handle as FileSystemDirectoryHandle, [...path, handle.name])));
      continue;
    }
    const file = await (handle as FileSystemFileHandle).getFile().catch(() => null);
    if (file && isFilm(file)) found.push({ file, handle: handle as ReopenableHandle, path });
  }
  return found;
}

/** The same from the older kind of entries, which all browsers give for a drop. */
export async function filesOfEntry(
  entry: FileSystemEntry,
  path: readonly string[] = [],
): Promise<readonly Pick[]> {
  if (entry.isFile) {
    const file = await new Promise<File | null>((resolve) =>
      (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
    );
    return file && (path.length === 0 || isFilm(file)) ? [{ file, path }] : [];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: Pick[] = [];
  for (;;) {
    // a reader gives a hundred at a time, and none at the end
    const some = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (some.length === 0 || inside.length >= mostFiles) return inside;
    for (const one of some) inside.push(...(await filesOfEntry(one, [...path, entry.name])));
  }
}

/** Files of `<input webkitdirectory>`, which say where they lay. */
export function filesOfInput(files: FileList | null): readonly Pick[] {
  return [...(files ?? [])].filter(isFilm).map((file) => ({
    file,
    path: file.webkitRelativePath.split('/').slice(0, -1),
  }));
}
