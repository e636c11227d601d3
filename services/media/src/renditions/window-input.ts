import { open } from 'node:fs/promises';
import { createPresentation, type MediaIndex, readSegment } from '@ptsdly/packager';
import type { OriginalSource } from '../playback/packaged.ts';
import { firstAtOrAfter, type Grid, type SegmentRange } from './grid.ts';

/** Larger segments are copied in pieces. */
const GATHER_UP_TO = 8 * 1024 * 1024;

/**
 * Writes a small clean file of the part of a video that a window needs: fragmented MP4 of our own making on the
 * presentation timeline of the whole. It begins a segment earlier where pictures are presented before the one that
 * they are decoded after (an open group). So ffmpeg never sees what the user uploaded, and of an original far away
 * only this part is read. Returns its bytes.
 */
export async function writeVideoInput(
  path: string,
  index: MediaIndex,
  source: OriginalSource,
  grid: Grid,
  { from, to }: SegmentRange,
): Promise<number> {
  const first = grid.sources[from] ?? 0;
  const last = grid.sources[to - 1] ?? first;
  const lead = first > 0 && hasLeadingPictures(index, grid, from) ? first - 1 : first;
  return writeTrack(path, index, source, 'v0', { from: lead, to: last + 1 });
}

/** The same of a whole sound track of the original. */
export async function writeSoundInput(
  path: string,
  index: MediaIndex,
  source: OriginalSource,
  track: number,
): Promise<number> {
  return writeTrack(path, index, source, `a${track}`, { from: 0, to: Number.POSITIVE_INFINITY });
}

/** Whether something is presented before the picture with which a segment begins. */
function hasLeadingPictures({ video }: MediaIndex, grid: Grid, segment: number): boolean {
  if (!video) return false;
  const { decode, composition } = video.samples;
  const start = grid.starts[segment] ?? 0;
  const sample = firstAtOrAfter(decode, start * video.timescale - 0.5);
  return (composition?.[sample] ?? 0) > 0;
}

async function writeTrack(
  path: string,
  index: MediaIndex,
  source: OriginalSource,
  id: string,
  { from, to }: SegmentRange,
): Promise<number> {
  const presentation = createPresentation(index);
  const track = presentation.tracks.find((candidate) => candidate.id === id);
  if (!track) throw new TypeError(`there is no track ${id}`);
  await using file = await open(path, 'w', 0o600);
  let bytes = 0;
  const write = async (chunk: Uint8Array) => {
    await file.writeFile(chunk);
    bytes += chunk.length;
  };
  await write(presentation.initSegment(id));
  for (let n = from; n < Math.min(to, track.segmentCount); n++) {
    const plan = presentation.segment(id, n);
    if (plan.rewrite || plan.size <= GATHER_UP_TO) {
      await write(await readSegment(source, plan));
      continue;
    }
    await write(plan.header);
    for (const { offset, length } of plan.ranges) await source.stream(offset, offset + length, write);
  }
  return bytes;
}
