import type { VideoRow } from '../database.ts';
import type { Trx } from './journal.ts';
import { normalise, searchText } from './wording.ts';

export const MAX_TAGS = 30;

/** Tags that differ only in their spelling are one; the first spelling stays. */
export function distinctTags(tags: readonly string[]): string[] {
  const byKey = new Map<string, string>();
  for (const tag of tags) {
    const name = tag
      .normalize('NFC')
      .replace(/[\p{Cc}\p{Cs}]/gu, '')
      .replace(/\s+/gu, ' ')
      .trim();
    const key = normalise(name);
    if (key !== '' && !byKey.has(key)) byKey.set(key, name.slice(0, 50));
  }
  return [...byKey.values()].slice(0, MAX_TAGS);
}

export const tagsOf = (row: Pick<VideoRow, 'tags'>): string[] => JSON.parse(row.tags) as string[];

/** Gives a video exactly these tags. */
export async function writeTags(trx: Trx, row: VideoRow, tags: readonly string[]): Promise<void> {
  const { id, title, description, file_name: fileName } = row;
  const search_text = searchText({ title, description, fileName, tags });
  await trx
    .updateTable('videos')
    .set({ tags: JSON.stringify(tags), search_text })
    .where('id', '=', id)
    .execute();
  await trx.deleteFrom('video_tags').where('video_id', '=', id).execute();
  if (tags.length === 0) return;
  const rows = tags.map((name) => ({ video_id: id, tag_key: normalise(name), name }));
  await trx.insertInto('video_tags').values(rows).execute();
}
