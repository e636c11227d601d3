import type { IndexLimits } from './index-limits.ts';
import { MatroskaScan } from './matroska.ts';
import type { MediaIndex } from './media-index.ts';
import { MovieScan } from './movie-file.ts';
import { type ByteSource, readExactly } from './source.ts';
import type { SourceScan } from './source-scan.ts';
import { findGrid } from './transport-packet.ts';
import { TransportScan } from './transport-stream.ts';

/** The first bytes of Matroska and WebM (RFC 8794 §11.2.1). */
const EBML = 0x1a45dfa3;
/** Bytes at the start of a file that tell its container. */
export const OPENING_BYTES = 1024;

/**
 * Indexes a source by what it is: MP4 and MOV, fragmented or not, by their headers alone; Matroska and WebM and
 * MPEG transport streams in one pass over the file. Throws only `PackagerError`, or what `source.read` throws.
 */
export async function indexSource(source: ByteSource, limits: IndexLimits = {}): Promise<MediaIndex> {
  const scan = await openScan(source, source.size, limits);
  await scan.advance(source, true);
  return scan.index(source, true);
}

/**
 * The way to index a source that may still be arriving; `part` holds at least its first `OPENING_BYTES`, or all of
 * it, and `size` is what it has or will have.
 */
export async function openScan(
  part: ByteSource,
  size: number,
  limits: IndexLimits = {},
): Promise<MovieScan | SourceScan> {
  const start = await readExactly(part, 0, Math.min(OPENING_BYTES, part.size));
  if (start.length >= 4 && Buffer.from(start).readUInt32BE(0) === EBML) return new MatroskaScan(size, limits);
  const grid = findGrid(start);
  return grid ? new TransportScan(size, grid, limits) : new MovieScan(size, limits);
}
