import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childBoxes, findBox, readUint64, requireBox, viewOf } from '../box.ts';
import type { Presentation } from '../presentation.ts';
import { readSegment } from '../segment-reader.ts';
import type { ByteSource } from '../source.ts';

/** A presentation written out as a player would fetch it. */
export interface WrittenHls extends AsyncDisposable {
  readonly folder: string;
  readonly master: string;
  /** Segments of each track, in order. */
  readonly segments: Map<string, Uint8Array[]>;
}

/** Writes all playlists and segments into a temporary folder, which goes when disposed. */
export async function writeHls(source: ByteSource, presentation: Presentation): Promise<WrittenHls> {
  const folder = await mkdtemp(join(tmpdir(), 'ptsdly-hls-'));
  const segments = new Map<string, Uint8Array[]>();
  await writeFile(join(folder, 'master.m3u8'), presentation.masterPlaylist());
  for (const { id, segmentCount } of presentation.tracks) {
    await mkdir(join(folder, id));
    await writeFile(join(folder, `${id}.m3u8`), presentation.mediaPlaylist(id));
    await writeFile(join(folder, id, 'init.mp4'), presentation.initSegment(id));
    const list: Uint8Array[] = [];
    for (let n = 0; n < segmentCount; n++) {
      list.push(await readSegment(source, presentation.segment(id, n)));
      await writeFile(join(folder, id, `${n}.m4s`), list[n] as Uint8Array);
    }
    segments.set(id, list);
  }
  return {
    folder,
    master: join(folder, 'master.m3u8'),
    segments,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** What the movie fragment of a segment says. */
export interface ParsedFragment {
  readonly decodeTime: number;
  /** When the first of its samples is presented, in track units. */
  readonly firstShown: number;
  /** Sum of sample durations. */
  readonly duration: number;
  readonly samples: number;
  readonly firstIsSync: boolean | undefined;
  readonly mediaBytes: number;
}

/** Parses `styp moof mdat` and checks that the sizes fit together. */
export function parseFragment(segment: Uint8Array): ParsedFragment {
  const view = viewOf(segment);
  const boxes = childBoxes(view, 0, view.byteLength);
  const types = boxes.map(({ type }) => type).join(' ');
  const [, moof, mdat] = boxes;
  if (types !== 'styp moof mdat' || !moof || !mdat) throw new Error(`unexpected boxes: ${types}`);
  const traf = requireBox(view, moof, 'traf');
  const tfdt = requireBox(view, traf, 'tfdt');
  const trun = requireBox(view, traf, 'trun');
  const flags = view.getUint32(trun.start) & 0xffffff;
  const samples = view.getUint32(trun.start + 4);
  const stride = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4;
  const dataAt = moof.start - 8 + view.getInt32(trun.start + 8);
  if (dataAt !== mdat.start) throw new Error('trun does not point at the media');
  const decodeTime = readUint64(view, tfdt.start + 4);
  let firstShown = Infinity;
  let duration = 0;
  let bytes = 0;
  for (let i = 0; i < samples; i++) {
    const composition = flags & 0x800 ? view.getInt32(trun.start + 8 + (i + 1) * stride) : 0;
    firstShown = Math.min(firstShown, decodeTime + duration + composition);
    duration += view.getUint32(trun.start + 12 + i * stride);
    bytes += view.getUint32(trun.start + 16 + i * stride);
  }
  if (bytes !== mdat.end - mdat.start) throw new Error('mdat does not hold the samples');
  return {
    decodeTime,
    firstShown,
    duration,
    samples,
    firstIsSync: flags & 0x400 ? (view.getUint32(trun.start + 20) & 0x10000) === 0 : undefined,
    mediaBytes: bytes,
  };
}

/** Durations of a media playlist in microseconds. */
export function playlistDurations(playlist: string): number[] {
  return [...playlist.matchAll(/#EXTINF:([\d.]+),/g)].map(([, value]) => Math.round(Number(value) * 1e6));
}

/** The movie header of an init segment, for looking inside. */
export function initBox(init: Uint8Array, ...path: string[]): Uint8Array | undefined {
  const view = viewOf(init);
  const found = findBox(view, { type: '', start: 0, end: init.length }, ...path);
  return found && init.subarray(found.start, found.end);
}
