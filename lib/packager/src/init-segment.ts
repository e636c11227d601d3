import { ascii, box, fullBox, join, uint8, uint16, uint32, zeros } from './box-writer.ts';
import { PackagerError } from './error.ts';
import { SYNC_FLAGS } from './fragment.ts';
import type { AudioTrack, SegmentAudioFormat, SegmentVideoFormat, VideoTrack } from './media-index.ts';
import { isSegmentable } from './playability.ts';

const IDENTITY = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];
/** "und", packed as in `mdhd` (ISO/IEC 14496-12 §8.4.2.3). */
const UNDETERMINED = 0x55c4;
const ENABLED_IN_MOVIE = 3;

/**
 * The initialization segment of one track (ISO/IEC 14496-12 §8.16, RFC 8216 §3.3): `ftyp` and `moov`. With
 * `mediaTime` (track units) an edit says that the presentation begins there (§8.6.6).
 */
export function writeInitSegment(track: VideoTrack | AudioTrack, mediaTime = 0): Uint8Array {
  const brands = box('ftyp', ascii('iso6'), uint32(1), ascii('iso6mp41cmfc'));
  const defaults = uint32(1, 1, 0, 0, track.kind === 'audio' ? SYNC_FLAGS : 0);
  const edit = mediaTime > 0 ? box('edts', fullBox('elst', 0, 0, uint32(1, 0, mediaTime, 0x10000))) : [];
  const moov = box(
    'moov',
    movieHeader(track.timescale, 0, 2),
    box('trak', trackHeader(track, 1, 0), edit, mediaBox(track, 0, emptyTables())),
    box('mvex', fullBox('trex', 0, 0, defaults)),
  );
  return join([brands, moov]);
}

/** `mvhd` (§8.2.2): normal speed and volume, `duration` in units of `timescale`. */
export function movieHeader(timescale: number, duration: number, nextTrack: number): Uint8Array {
  const rates = [uint32(0x10000), uint16(0x100, 0), zeros(8)];
  const rest = [uint32(...IDENTITY), zeros(24), uint32(nextTrack)];
  return fullBox('mvhd', 0, 0, uint32(0, 0, timescale, duration), rates, rest);
}

/** `tkhd` (§8.3.2); the matrix goes through, so a turned picture stays turned. `duration` in movie units. */
export function trackHeader(track: VideoTrack | AudioTrack, id: number, duration: number): Uint8Array {
  const video = track.kind === 'video';
  const width = video ? Math.min(track.width * track.pixelAspect, 0xffff) : 0;
  const size = uint32(Math.round(width * 0x10000), video ? track.height * 0x10000 : 0);
  const matrix = video ? track.matrix : IDENTITY;
  const layer = uint16(0, video ? 0 : 1, video ? 0 : 0x100, 0);
  const identity = uint32(0, 0, id, 0, duration, 0, 0);
  return fullBox('tkhd', 0, ENABLED_IN_MOVIE, identity, layer, uint32(...matrix), size);
}

/** `mdia` (§8.4) around the given sample tables; `duration` in track units. */
export function mediaBox(
  track: VideoTrack | AudioTrack,
  duration: number,
  tables: readonly Uint8Array[],
): Uint8Array {
  const video = track.kind === 'video';
  const handler = ascii(video ? 'vide' : 'soun');
  const kindHeader = video ? fullBox('vmhd', 0, 1, zeros(8)) : fullBox('smhd', 0, 0, zeros(4));
  const stsd = fullBox('stsd', 0, 0, uint32(1), sampleEntry(track));
  return box(
    'mdia',
    fullBox('mdhd', 0, 0, uint32(0, 0, track.timescale, duration), uint16(UNDETERMINED, 0)),
    fullBox('hdlr', 0, 0, uint32(0), handler, zeros(12), ascii(`${video ? 'Video' : 'Sound'}\0`)),
    box('minf', kindHeader, dataInformation(), box('stbl', stsd, tables)),
  );
}

function dataInformation(): Uint8Array {
  return box('dinf', fullBox('dref', 0, 0, uint32(1), fullBox('url ', 0, 1)));
}

/** Empty tables, as fragments bring their own (§8.8). */
function emptyTables(): Uint8Array[] {
  const tables = ['stts', 'stsc', 'stco'].map((type) => fullBox(type, 0, 0, uint32(0)));
  return [...tables, fullBox('stsz', 0, 0, uint32(0, 0))];
}

const VIDEO_CONFIGS = { avc1: 'avcC', hvc1: 'hvcC', av01: 'av1C', vp09: 'vpcC' } as const;
const AUDIO_CONFIGS = { Opus: 'dOps', fLaC: 'dfLa', 'ac-3': 'dac3', 'ec-3': 'dec3' } as const;

/** The sample entry of a track, rewritten from the index; one for decoders as it stood in the file. */
export function sampleEntry(track: VideoTrack | AudioTrack): Uint8Array {
  if (track.format === 'sample-entry') return track.config;
  if (!isSegmentable(track)) throw new PackagerError('unsupported_codec', 'The track has no place in MP4.');
  return track.kind === 'video' ? videoEntry(track) : audioEntry(track);
}

/** VisualSampleEntry (§12.1.3): 72 dots per inch, one frame per sample, depth 24, no colour table. */
function videoEntry(track: VideoTrack & { format: SegmentVideoFormat }): Uint8Array {
  return box(
    track.format,
    zeros(6),
    uint16(1),
    zeros(16),
    uint16(track.width, track.height),
    uint32(0x480000, 0x480000, 0),
    uint16(1),
    zeros(32),
    uint16(24, 0xffff),
    box(VIDEO_CONFIGS[track.format], track.config),
    track.extensions,
  );
}

/** AudioSampleEntry (§12.2.3). A rate that does not fit 16 bits is left to the decoder configuration. */
function audioEntry(track: AudioTrack & { format: SegmentAudioFormat }): Uint8Array {
  const rate = track.sampleRate > 0xffff ? 0 : track.sampleRate * 0x10000;
  return box(
    track.format,
    zeros(6),
    uint16(1),
    zeros(8),
    uint16(track.channels, 16, 0, 0),
    uint32(rate),
    track.format === 'mp4a' ? elementaryStream(track.config) : box(AUDIO_CONFIGS[track.format], track.config),
  );
}

/** `esds` (ISO/IEC 14496-14 §5.6): MPEG-4 audio, an audio stream, this AudioSpecificConfig. */
function elementaryStream(config: Uint8Array): Uint8Array {
  const specific = descriptor(0x05, config);
  const decoder = descriptor(0x04, join([uint8(0x40, 0x15, 0, 0, 0), uint32(0, 0), specific]));
  return fullBox('esds', 0, 0, descriptor(0x03, join([uint8(0, 1, 0), decoder, descriptor(0x06, uint8(2))])));
}

function descriptor(tag: number, body: Uint8Array): Uint8Array {
  const { length } = body;
  return join([
    uint8(
      tag,
      0x80 | (length >> 21),
      0x80 | ((length >> 14) & 127),
      0x80 | ((length >> 7) & 127),
      length & 127,
    ),
    body,
  ]);
}
