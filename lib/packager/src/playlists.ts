import { GROWING_TARGET } from './boundaries.ts';
import type { SegmentedTrack } from './presented-track.ts';

/** What the master playlist says of a variant. */
export interface Variant {
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number | undefined;
  readonly videoRange: 'SDR' | 'PQ' | 'HLG';
}

const AUDIO_GROUP = 'audio';

/** What a media playlist says of a track: where its segments begin and what they are called. */
export interface ListedTrack {
  /** Names its folder. */
  readonly id: string;
  readonly segmentCount: number;
  /** Longest segment in whole seconds. */
  readonly targetDuration: number;
  /** Whether each segment can be decoded without the one before it. */
  readonly independent: boolean;
  /** Seconds; `segmentCount` gives the end. */
  segmentStart(n: number): number;
}

/** How much of a source is there. */
export interface Arrived {
  /** Bytes from the first on. */
  readonly arrived: number;
  /** More segments will follow those that are known. */
  readonly growing: boolean;
  readonly isSequential: boolean;
}

/**
 * Media playlist of one track (RFC 8216 §4.3.2, §4.3.3): exact durations, relative addresses. VOD, or with
 * `live` an EVENT playlist of the segments that the bytes which are there hold, which players begin at its start;
 * it ends when the last one is there. Where nobody can know its longest segment it promises a fixed target.
 */
export function writeMediaPlaylist(track: SegmentedTrack, live?: Arrived): string {
  return listSegments(track, live && { ...live, listed: track.segmentsWithin(live.arrived) });
}

/** The same of any list of segments: all of them, or the first `listed` of one that grows. */
export function listSegments(
  track: ListedTrack,
  live?: Pick<Arrived, 'growing' | 'isSequential'> & { readonly listed: number },
): string {
  const listed = live ? live.listed : track.segmentCount;
  const least = live?.isSequential ? GROWING_TARGET : 0;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.max(least, track.targetDuration)}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-PLAYLIST-TYPE:${live ? 'EVENT' : 'VOD'}`,
    ...(live ? ['#EXT-X-START:TIME-OFFSET=0'] : []),
    // what is still to come may break it
    ...(track.independent && !live?.isSequential ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []),
    `#EXT-X-MAP:URI="${track.id}/init.mp4"`,
  ];
  for (let n = 0; n < listed; n++) {
    lines.push(`#EXTINF:${microseconds(track, n)},`, `${track.id}/${n}.m4s`);
  }
  if (listed === track.segmentCount && !live?.growing) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** The difference of rounded times, so that rounding never adds up along the list. */
function microseconds(track: ListedTrack, n: number): string {
  const at = (index: number) => Math.round(track.segmentStart(index) * 1e6);
  return ((at(n + 1) - at(n)) / 1e6).toFixed(6);
}

/** Master playlist (RFC 8216 §4.3.4): one variant, and one `EXT-X-MEDIA` for each sound track. */
export function writeMasterPlaylist(tracks: readonly SegmentedTrack[], variant: Variant): string {
  const video = tracks.find(({ kind }) => kind === 'video');
  const sounds = tracks.filter(({ kind }) => kind === 'audio');
  const independent = tracks.every((track) => track.independent);
  return writeMaster([{ ...variant, id: (video ?? sounds[0])?.id ?? '' }], sounds, independent);
}

/** A variant of a presentation, of which each is the same in another size. */
export interface MasterVariant extends Variant {
  /** Of its media playlist. */
  readonly id: string;
}

/** A sound track that goes with every variant. */
export interface MasterSound {
  readonly id: string;
  readonly language: string | undefined;
  readonly channels: number | undefined;
}

/**
 * Master playlist of variants in the order that players should try them, all with the same sound. Without video there
 * is one variant, the first sound track.
 */
export function writeMaster(
  variants: readonly MasterVariant[],
  sounds: readonly MasterSound[],
  independent: boolean,
): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7'];
  if (independent) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  const video = variants.some(({ width }) => width > 0);
  const grouped = video || sounds.length > 1 ? sounds : [];
  for (const [i, track] of grouped.entries()) lines.push(mediaTag(track, i));
  for (const variant of variants) {
    lines.push(streamTag(variant, video, grouped.length > 0), `${variant.id}.m3u8`);
  }
  return `${lines.join('\n')}\n`;
}

function mediaTag(track: MasterSound, index: number): string {
  const { language, channels } = track;
  const name = language ? `${language} ${index + 1}` : `Audio ${index + 1}`;
  return `#EXT-X-MEDIA:${attributes([
    ['TYPE', 'AUDIO'],
    ['GROUP-ID', quoted(AUDIO_GROUP)],
    ['NAME', quoted(name)],
    ['LANGUAGE', language && quoted(language)],
    ['DEFAULT', index === 0 ? 'YES' : 'NO'],
    ['AUTOSELECT', 'YES'],
    ['CHANNELS', channels ? quoted(String(channels)) : undefined],
    ['URI', quoted(`${track.id}.m3u8`)],
  ])}`;
}

function streamTag(variant: Variant, video: boolean, audioGroup: boolean): string {
  const { frameRate, width, height, videoRange } = variant;
  return `#EXT-X-STREAM-INF:${attributes([
    ['BANDWIDTH', String(variant.bandwidth)],
    ['AVERAGE-BANDWIDTH', String(variant.averageBandwidth)],
    ['CODECS', quoted(variant.codecs)],
    ['RESOLUTION', video ? `${width}x${height}` : undefined],
    ['FRAME-RATE', video && frameRate ? frameRate.toFixed(3) : undefined],
    ['VIDEO-RANGE', video && videoRange !== 'SDR' ? videoRange : undefined],
    ['AUDIO', audioGroup ? quoted(AUDIO_GROUP) : undefined],
  ])}`;
}

function attributes(list: readonly (readonly [string, string | undefined])[]): string {
  return list.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(',');
}

function quoted(text: string): string {
  return `"${text}"`;
}
