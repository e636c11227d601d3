import type { FoundTracks } from './assembled-index.ts';
import { PackagerError } from './error.ts';
import { verifyKeys } from './key-frames.ts';
import type { ScannedTrack } from './matroska-packets.ts';
import { fillLaces, scale, scaled, timescaleOf } from './matroska-times.ts';
import type { MatroskaTrack } from './matroska-track.ts';
import type { SegmentVideoFormat, VideoTrack } from './media-index.ts';
import { describePicture } from './picture.ts';
import { plainText } from './plain-text.ts';
import { videoPlayability } from './playability.ts';
import { type ByteSource, readExactly } from './source.ts';
import { videoCodecString } from './video-entry.ts';
import { vp9Config } from './vp9-frame.ts';

const FORMATS: Partial<Record<string, SegmentVideoFormat>> = {
  'V_MPEG4/ISO/AVC': 'avc1',
  'V_MPEGH/ISO/HEVC': 'hvc1',
  V_AV1: 'av01',
  V_VP9: 'vp09',
};

type Coding = Pick<VideoTrack, 'codec' | 'browser' | 'format' | 'config'>;

/** The video track to show, first of all one that segments can be made of. */
export async function videoOf(
  source: ByteSource,
  tracks: readonly ScannedTrack[],
  tick: number,
): Promise<FoundTracks['video']> {
  const all = tracks.filter(({ track }) => track.kind === 'video');
  const segmentable = all.filter(({ track }) => FORMATS[track.codecId] && !track.encoded);
  const isEnabled = ({ track }: ScannedTrack) => track.enabled;
  const chosen = segmentable.find(isEnabled) ?? segmentable[0] ?? all.find(isEnabled) ?? all[0];
  if (!chosen) return undefined;
  const { track, list, lastDuration } = chosen;
  const { width, height, language, name, aspect, colours, rotation } = track;
  if (!width || !height || width > 0xffff || height > 0xffff) {
    throw new PackagerError('corrupt', 'The video has no size.');
  }
  const coding = await codingOf(source, chosen);
  const timescale = timescaleOf(tick);
  const samples = list.finish(scaled(lastDuration || track.defaultDuration, timescale));
  fillLaces(samples.presentation, track.defaultDuration);
  scale(samples.presentation, timescale);
  const picture = describePicture({ aspect, colours, rotation });
  return { samples, timescale, language, ...(name && { name }), ...coding, width, height, ...picture };
}

/** How segments are made of it, or the description for decoders where none can be. */
async function codingOf(source: ByteSource, scanned: ScannedTrack): Promise<Coding> {
  const { track, list, keys } = scanned;
  const format = track.encoded ? undefined : FORMATS[track.codecId];
  if (!format) return forDecoders(track);
  try {
    const config = format === 'vp09' ? await vp9ConfigOf(source, scanned) : track.codecPrivate;
    const codec = videoCodecString(format, config, track.width * track.height);
    await verifyKeys(source, list, { format, config }, keys);
    return { codec, browser: videoPlayability(format, config), format, config };
  } catch (error) {
    if (!(error instanceof PackagerError) || error.code !== 'unsupported_codec') throw error;
    return forDecoders(track);
  }
}

function forDecoders({ codecId, codecPrivate, entry }: MatroskaTrack): Coding {
  const named = codecId === COMPATIBLE ? fourCharacters(codecPrivate) : undefined;
  const codec = named ? `${COMPATIBLE.replace('FOURCC', '')}${named}` : codecName(codecId);
  return { codec, browser: 'no', format: 'track-entry', config: entry };
}

/** What is packed as in AVI: the private data is a BITMAPINFOHEADER, whose `biCompression` names the codec (RFC 9559). */
const COMPATIBLE = 'V_MS/VFW/FOURCC';

function fourCharacters(header: Uint8Array): string | undefined {
  const text = new TextDecoder('latin1').decode(header.subarray(16, 20));
  return /^[\w]{4}$/.test(text) ? text.toUpperCase() : undefined;
}

/** A codec id as a word for people. */
export function codecName(codecId: string): string {
  return plainText(new TextEncoder().encode(codecId))?.slice(0, 40) ?? '?';
}

async function vp9ConfigOf(source: ByteSource, { track, list }: ScannedTrack): Promise<Uint8Array> {
  let first = 0;
  while (first < list.count - 1 && !list.keyAt(first)) first++;
  const frame = await readExactly(source, list.offsetAt(first), Math.min(64, list.sizeAt(first)));
  return vp9Config(frame, track.width * track.height, track.colours);
}
