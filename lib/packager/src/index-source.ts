import { indexMatroska } from './matroska.ts';
import type { MediaIndex } from './media-index.ts';
import { type IndexLimits, indexMovieFile } from './movie.ts';
import { type ByteSource, readExactly } from './source.ts';
import { findGrid } from './transport-packet.ts';
import { indexTransport } from './transport-stream.ts';

/** The first bytes of Matroska and WebM (RFC 8794 §11.2.1). */
const EBML = 0x1a45dfa3;

/**
 * Indexes a source by what it is: MP4 and MOV, fragmented or not, by their headers alone; Matroska and WebM
 * and
 * MPEG transport streams in one pass over the file. Throws only `PackagerError`, or what `source.read` throws.
 */
export async function indexSource(source: ByteSource, limits: IndexLimits = {}): Promise<MediaIndex> {
  const start = await readExactly(source, 0, Math.min(1024, source.size));
  if (start.length >= 4 && Buffer.from(start).readUInt32BE(0) === EBML) return indexMatroska(source, limits);
  const grid = findGrid(start);
  return grid ? indexTransport(source, grid, limits) : indexMovieFile(source, limits);
}
