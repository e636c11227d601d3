import { Problem, type VideoDetails } from '@ptsdly/contract';
import type { MediaDatabase, VideoRow } from '../database.ts';
import type { Packaged } from '../playback/packaged.ts';
import { sizesOf } from '../renditions/rendition-download.ts';
import type { Renditions } from '../renditions/renditions.ts';
import type { Subtitles } from '../subtitles/subtitles.ts';
import { readChapters } from './chapters.ts';
import type { Library } from './library.ts';
import type { Replacements } from './replacements.ts';

export interface DetailsOptions {
  readonly db: MediaDatabase;
  readonly library: Library;
  readonly subtitles: Subtitles;
  readonly replacements: Replacements;
  readonly packaged: (row: VideoRow) => Promise<Packaged>;
  readonly renditions: Pick<Renditions, 'of'>;
  /** URL of this server. */
  readonly url: string;
}

/** Rejects with `not_found`. */
export async function readDetails(options: DetailsOptions, id: string): Promise<VideoDetails> {
  const row = await options.library.require(id);
  return {
    ...(await readIndexed(options, row)),
    subtitles: await options.subtitles.list(id),
    chapters: await readChapters(options.db, id),
    ...(await options.replacements.of(id)),
  };
}

/** An index that is gone or damaged is made again when somebody plays; until then there is nothing to tell. */
async function readIndexed(
  { packaged, renditions, url }: DetailsOptions,
  row: VideoRow,
): Promise<Pick<VideoDetails, 'tracks' | 'downloads'>> {
  if (row.playable === 0) return { tracks: [], downloads: [] };
  try {
    const found = await packaged(row);
    const sizes = sizesOf(found, await renditions.of(row.id, found.index));
    return {
      tracks: found.presentation.tracks.map(({ kind, codec, language }) => ({
        ...{ kind, codec, language: language ?? null },
      })),
      downloads: sizes.map((size) => ({ ...size, url: `${url}/videos/${row.id}/renditions/${size.name}` })),
    };
  } catch (error) {
    if (error instanceof Problem) throw error;
    return { tracks: [], downloads: [] };
  }
}
