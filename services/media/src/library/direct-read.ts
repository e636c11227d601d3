import { Problem } from '@ptsdly/contract';
import type { LocalStorage } from '../storage/storage.ts';
import type { Library } from './library.ts';
import { originalOf } from './object-names.ts';

export interface DirectReadOptions {
  readonly library: Library;
  readonly storage: Pick<LocalStorage, 'direct'>;
}

/**
 * A presigned request for a stretch of an original, no longer than a segment (DESIGN §6.10). Only ever for the owner:
 * what a link gives can be taken back within a second, and this cannot. Rejects with `not_found`, `video_trashed`,
 * `not_playable_yet`, `invalid_fields` past the end, or `format_not_offered` where the file lies on our own disk.
 */
export async function readDirectly(
  { library, storage }: DirectReadOptions,
  id: string,
  { start, end }: { readonly start: number; readonly end: number },
) {
  const row = await library.require(id);
  if (row.trashed_at !== null) throw new Problem('video_trashed');
  if (row.upload === 'receiving') throw new Problem('not_playable_yet', { retryAfter: 1 });
  if (end > row.size_bytes) {
    throw new Problem('invalid_fields', { errors: [{ field: 'end', message: 'after the end of the file' }] });
  }
  const read = await storage.direct?.(originalOf(row.file_id), start, end);
  if (!read) throw new Problem('format_not_offered');
  return { url: read.url, headers: { ...read.headers }, expiresAt: read.expiresAt.toISOString() };
}
