/** Names of a video's objects in the storage: the id, and what it is. */
export const originalOf = (id: string): string => `${id}/original`;
/** What is played in place of an original whose container only ffmpeg reads. */
export const mediaOf = (id: string): string => `${id}/media`;
export const indexOf = (id: string): string => `${id}/index`;
export const posterOf = (id: string): string => `${id}/poster`;
/** The video that an object belongs to. */
export const videoOf = (name: string): string => name.split('/')[0] ?? '';
