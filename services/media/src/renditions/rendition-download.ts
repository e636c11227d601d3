import { Problem } from '@ptsdly/contract';
import { type CombinedFile, createCombined, type PlacedTrack } from '@ptsdly/packager';
import type { VideoRow } from '../database.ts';
import type { OfferedBytes } from '../library/object-answer.ts';
import type { OriginalSource, Packaged } from '../playback/packaged.ts';
import { soundName } from './names.ts';
import type { Piece } from './pieces.ts';
import type { RenditionRow } from './rows.ts';

/** The sizes in which a video can be downloaded beside the original, largest first. */
export function sizesOf(
  { index }: Packaged,
  rows: readonly RenditionRow[],
): { name: string; height: number }[] {
  if (index.audio.some(({ rewrite }, i) => rewrite && !rows.some(({ name }) => name === soundName(i))))
    return [];
  return rows
    .filter(({ kind, state }) => kind === 'video' && state === 'ready')
    .map(({ name, height, width }) => ({ name, height: Math.min(height, width) }));
}

/** What a rendition's file is gathered from. */
export interface DownloadParts {
  /** All renditions that are cut as the original is. */
  readonly rows: readonly RenditionRow[];
  readonly open: (row: RenditionRow) => Promise<Piece>;
  /** Of the original, whose sound it has where that was not converted. */
  readonly packaged: Packaged;
}

/**
 * A rendition with its sound as one plain MP4, laid out now and read as it is sent: the picture from the rendition,
 * each sound track from where it is played. Rejects with `not_found` while it is not ready, `format_not_offered` where
 * sound would have to be rewritten for it.
 */
export async function renditionFile(
  video: VideoRow,
  name: string,
  { rows, open, packaged }: DownloadParts,
): Promise<OfferedBytes> {
  const ready = rows.filter(({ state }) => state === 'ready');
  const row = ready.find((one) => one.name === name && one.kind === 'video');
  if (!row) throw new Problem('not_found');
  const { index } = packaged;
  const picture = await open(row);
  if (!picture.index.video) throw new Problem('not_found');
  const sources: OriginalSource[] = [picture.source, packaged.source];
  const tracks: PlacedTrack[] = [{ track: picture.index.video, source: 0 }];
  for (const [i, own] of index.audio.entries()) {
    const converted = ready.find((one) => one.name === soundName(i));
    const [sound] = converted ? (await open(converted)).index.audio : [];
    if (converted && sound) {
      tracks.push({ track: sound, source: sources.push((await open(converted)).source) - 1 });
    } else if (own.browser !== 'no') tracks.push({ track: own, source: 1 });
  }
  if (tracks.some(({ track }) => track.rewrite)) throw new Problem('format_not_offered');
  const file = createCombined(tracks, index.duration);
  return {
    size: file.size,
    type: 'video/mp4',
    etag: `"${video.file_id}-${row.name}-${Date.parse(row.created_at).toString(36)}"`,
    cacheControl: 'private, no-cache',
    stream: (start, end, write) => streamCombined(file, sources, { start, end, write }),
  };
}

interface Wanted {
  readonly start: number;
  readonly end: number;
  readonly write: (chunk: Uint8Array) => Promise<void>;
}

async function streamCombined(
  { header, body }: CombinedFile,
  sources: readonly OriginalSource[],
  { start, end, write }: Wanted,
): Promise<void> {
  if (start < header.length) await write(header.subarray(start, Math.min(end, header.length)));
  let at = header.length;
  for (const { source, offset, length } of body) {
    const [from, to] = [Math.max(start, at), Math.min(end, at + length)];
    if (from < to) await sources[source]?.stream(offset + from - at, offset + to - at, write);
    at += length;
    if (at >= end) return;
  }
}
