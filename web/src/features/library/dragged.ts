import { type DragEvent, useState } from 'react';

/** What a drag within the page carries; files from outside say `Files`. */
export const videosType = 'application/x-ptsdly-videos';
export const folderType = 'application/x-ptsdly-folder';

export interface Dropped {
  readonly videoIds: readonly string[];
  readonly folderId: string | null;
}

/** What makes an element a place where videos and folders can be dropped. */
export function useDropTarget(onDrop: (dropped: Dropped) => void) {
  const [isOver, setOver] = useState(false);
  const takes = ({ dataTransfer }: DragEvent) =>
    dataTransfer.types.includes(videosType) || dataTransfer.types.includes(folderType);
  const props = {
    onDragOver: (event: DragEvent) => {
      if (!takes(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (!takes(event)) return;
      event.preventDefault();
      const ids: unknown = JSON.parse(event.dataTransfer.getData(videosType) || '[]');
      onDrop({ videoIds: ids as string[], folderId: event.dataTransfer.getData(folderType) || null });
    },
  };
  return { isOver, props };
}
