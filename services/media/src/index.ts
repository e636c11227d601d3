export { migrations } from './database.ts';
export { type MediaService, openMedia } from './media.ts';
export type { MediaOptions } from './options.ts';
export * from './storage/storage.ts';
