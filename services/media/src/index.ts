export { type MediaOptions, type MediaService, openMedia } from './media.ts';
export * from './storage/storage.ts';
