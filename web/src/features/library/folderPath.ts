import type { Folder } from '@ptsdly/contract';

/** From the top down to a folder; none where it is the top, or gone. */
export function pathTo(folders: readonly Folder[], id: string | null): readonly Folder[] {
  const folder = folders.find((one) => one.id === id);
  return folder ? [...pathTo(folders, folder.parentId), folder] : [];
}

/** A folder and all below it. */
export function subtreeOf(folders: readonly Folder[], id: string): ReadonlySet<string> {
  const children = folders.filter(({ parentId }) => parentId === id);
  return new Set([id, ...children.flatMap((child) => [...subtreeOf(folders, child.id)])]);
}

/** What lies in a folder and in all below it. */
export function contentOf(folders: readonly Folder[], id: string) {
  const all = subtreeOf(folders, id);
  const within = folders.filter((folder) => all.has(folder.id));
  return {
    folders: within.length - 1,
    videos: within.reduce((sum, { videoCount }) => sum + videoCount, 0),
    bytes: within.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/** Every folder with how deep it lies, each below the one that holds it. */
export function outline(
  folders: readonly Folder[],
  parentId: string | null = null,
  depth = 0,
): readonly { folder: Folder; depth: number }[] {
  return folders
    .filter((folder) => folder.parentId === parentId)
    .flatMap((folder) => [{ folder, depth }, ...outline(folders, folder.id, depth + 1)]);
}
