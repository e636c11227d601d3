import type { VideoRow } from '../database.ts';

/**
 * Names of objects in the storage: the id of what they belong to, and what it is. What belongs to the file that a video
 * has now stands under the id of the file; it is the video's own until the file is replaced.
 */
export const originalOf = (file: string): string => `${file}/original`;
/** What is played in place of an original whose container only ffmpeg reads. */
export const mediaOf = (file: string): string => `${file}/media`;
export const indexOf = (file: string): string => `${file}/index`;
/** What belongs to the video, whatever its file is. */
export const posterOf = (id: string): string => `${id}/poster`;
/** The WebVTT list of a storyboard, and its sheets, counted from 1. */
export const storyboardOf = (id: string): string => `${id}/storyboard`;
export const sheetOf = (id: string, sheet: number): string => `${id}/storyboard-${sheet}`;
/** A storyboard has no more sheets. */
export const MAX_SHEETS = 2;
/** The pictures of a video's storyboard. */
export const storyboardObjects = (id: string): string[] => [
  storyboardOf(id),
  ...Array.from({ length: MAX_SHEETS }, (_, i) => sheetOf(id, i + 1)),
];
/** All that a video can have. */
export const objectsOf = ({ id, file_id: file }: Pick<VideoRow, 'id' | 'file_id'>): string[] => [
  ...[originalOf(file), indexOf(file), mediaOf(file), posterOf(id)],
  ...storyboardObjects(id),
];
/** Whose object it is: the id of a file, or of a video. */
export function ownerOf(name: string): { readonly id: string; readonly isFile: boolean } {
  const [id = '', what = ''] = name.split('/');
  return { id, isFile: [originalOf(id), indexOf(id), mediaOf(id)].includes(`${id}/${what}`) };
}
