import { Problem, type VideoDetails } from '@ptsdly/contract';
import type { MediaDatabase, VideoRow } from '../database.ts';
import type { Packaged } from '../playback/packaged.ts';
import type { Subtitles } from '../subtitles/subtitles.ts';
import { readChapters } from './chapters.ts';
import type { Library } from './library.ts';

export interface DetailsOptions {
  readonly db: MediaDatabase;
  readonly library: Library;
  readonly subtitles: Subtitles;
  readonly packaged: (row: VideoRow) => Promise<Packaged>;
}

/** Rejects with `not_found`. */
export async function readDetails(options: DetailsOptions, id: string): Promise<VideoDetails> {
  const row = await options.library.require(id);
  return {
    tracks: row.playable === 1 ? await tracksOf(row, options.packaged) : [],
    subtitles: await options.subtitles.list(id),
    chapters: await readChapters(options.db, id),
  };
}

/** An index that is gone or damaged is made again when somebody plays; until then there is nothing to tell. */
async function tracksOf(row: VideoRow, packaged: DetailsOptions['packaged']) {
  try {
    const { presentation } = await packaged(row);
    return presentation.tracks.map(({ kind, codec, language }) => ({
      kind,
      codec,
      language: language ?? null,
    }));
  } catch (error) {
    if (error instanceof Problem) throw error;
    return [];
  }
}
