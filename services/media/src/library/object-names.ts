/** Names of a video's objects in the storage: the id, and what it is. */
export const originalOf = (id: string): string => `${id}/original`;
export const indexOf = (id: string): string => `${id}/index`;
export const posterOf = (id: string): string => `${id}/poster`;
/** The WebVTT list of a storyboard, and its sheets, counted from 1. */
export const storyboardOf = (id: string): string => `${id}/storyboard`;
export const sheetOf = (id: string, sheet: number): string => `${id}/storyboard-${sheet}`;
/** A storyboard has no more sheets. */
export const MAX_SHEETS = 2;
/** All that a video can have. */
export const objectsOf = (id: string): string[] => [
  ...[originalOf(id), indexOf(id), posterOf(id), storyboardOf(id)],
  ...Array.from({ length: MAX_SHEETS }, (_, i) => sheetOf(id, i + 1)),
];
/** The video that an object belongs to. */
export const videoOf = (name: string): string => name.split('/')[0] ?? '';
