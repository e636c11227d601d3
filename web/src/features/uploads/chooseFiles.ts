import { filesIn, filesOfEntry } from './folderPicks.ts';
import type { ReopenableHandle } from './keepsakes.ts';
import type { Pick } from './uploader.ts';

type OpenFilePicker = (options: {
  multiple: boolean;
  types: { accept: Record<string, string[]> }[];
}) => Promise<ReopenableHandle[]>;

/** What the file dialog offers first; the server judges by content, not by name. */
export const accepted = 'video/*,.mkv,.mov,.mp4,.m4v,.webm,.ts,.mts,.m2ts,.avi';

/** The browser's dialog that gives reopenable handles, or null where there is only the file input. */
export function filePicker(): (() => Promise<readonly Pick[]>) | null {
  const show = (window as { showOpenFilePicker?: OpenFilePicker }).showOpenFilePicker;
  if (!show) return null;
  return async () => {
    const types = [{ accept: { 'video/*': ['.mp4', '.mov', '.m4v', '.mkv', '.webm', '.ts', '.avi'] } }];
    const handles = await show.call(window, { multiple: true, types }).catch(() => []);
    return Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(), handle })));
  };
}

/** Files of a drop, those in folders too; the handles must be asked for before the event is over. */
export async function droppedFiles(data: DataTransfer): Promise<readonly Pick[]> {
  const items = [...data.items].filter((item) => item.kind === 'file');
  const picks = items.map(async (item): Promise<readonly Pick[]> => {
    const file = item.getAsFile();
    const entry = item.webkitGetAsEntry();
    const withHandle = item as { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> };
    const handle = await withHandle.getAsFileSystemHandle?.().catch(() => null);
    if (handle?.kind === 'directory') return filesIn(handle as FileSystemDirectoryHandle);
    if (entry?.isDirectory) return filesOfEntry(entry);
    return file ? [{ file, handle: (handle as ReopenableHandle | undefined) ?? null }] : [];
  });
  return (await Promise.all(picks)).flat();
}
