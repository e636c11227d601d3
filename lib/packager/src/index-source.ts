import type { MediaIndex } from './media-index.ts';
import { type IndexLimits, indexMovieFile } from './movie.ts';
import type { ByteSource } from './source.ts';

/**
 * Indexes a source by what it is: MP4 and MOV, fragmented or not, by their headers alone. Throws only
 * `PackagerError`, or what `source.read` throws.
 */
export async function indexSource(source: ByteSource, limits: IndexLimits = {}): Promise<MediaIndex> {
  return indexMovieFile(source, limits);
}
