import { GROWING_TARGET } from './boundaries.ts';
import type { SubtitleTrack } from './media-index.ts';
import type { PresentedTrack, SegmentedTrack } from './presented-track.ts';

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

/** What stands in a master playlist beside variants and sound. */
export interface MasterExtras {
  /** The keyframes of the first variant. */
  readonly keyFrames?: PresentedTrack | undefined;
  readonly subtitles?: readonly SubtitleTrack[];
}

interface OwnVariant extends MasterExtras {
  /** Segments that break what holds for those so far may still come. */
  readonly isOpen: boolean;
}

const AUDIO_GROUP = 'audio';
const SUBTITLES_GROUP = 'subtitles';

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
    ...(track.id === 'i0' ? ['#EXT-X-I-FRAMES-ONLY'] : []),
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
export function writeMasterPlaylist(
  tracks: readonly SegmentedTrack[],
  variant: Variant & OwnVariant,
): string {
  const video = tracks.find(({ kind }) => kind === 'video');
  const sounds = tracks.filter(({ kind }) => kind === 'audio');
  const independent = !variant.isOpen && tracks.every((track) => track.independent);
  const named = sounds.map(({ id, language, channels, track }) => ({
    id,
    language,
    channels,
    name: track.name,
  }));
  return writeMaster([{ ...variant, id: (video ?? sounds[0])?.id ?? '' }], named, independent, variant);
}

/** A variant of a presentation, of which each is the same in another size. */
export interface MasterVariant extends Variant {
  /** Of its media playlist. */
  readonly id: string;
  /** Names the group of sound that goes with it; the usual one when absent. */
  readonly group?: string;
}

/** A sound track that goes with every variant of its group. */
export interface MasterSound {
  readonly id: string;
  /** The same track in another codec stands in another group, at the same place (§4.3.4.1.1). */
  readonly group?: string;
  readonly language: string | undefined;
  /** What the file calls it. */
  readonly name?: string | undefined;
  readonly channels: number | undefined;
}

/**
 * Master playlist of variants in the order that players should try them, each with the sound of its group. Without video
 * there is one variant, the first sound track.
 */
export function writeMaster(
  variants: readonly MasterVariant[],
  sounds: readonly MasterSound[],
  independent: boolean,
  extras: MasterExtras = {},
): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7'];
  if (independent) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  const { keyFrames, subtitles = [] } = extras;
  const video = variants.some(({ width }) => width > 0);
  const grouped = video || sounds.length > 1 ? sounds : [];
  for (const tracks of Map.groupBy(grouped, groupOf).values()) {
    for (const [i, track] of tracks.entries()) lines.push(mediaTag(track, i, nameOf(tracks, i)));
  }
  for (const [i, track] of subtitles.entries()) lines.push(subtitlesTag(track, i));
  // where one of them is not SDR, none may leave it open (Apple's HLS authoring specification, VIDEO-RANGE)
  const ranged = variants.some(({ videoRange }) => videoRange !== 'SDR');
  for (const variant of variants) {
    const groups = {
      audio: grouped.length > 0 ? groupOf(variant) : undefined,
      subtitles: subtitles.length > 0,
    };
    lines.push(streamTag(variant, { video, ranged, ...groups }), `${variant.id}.m3u8`);
  }
  const [first] = variants;
  if (keyFrames && first) lines.push(keyFrameTag(first, keyFrames));
  return `${lines.join('\n')}\n`;
}

const groupOf = ({ group }: { readonly group?: string }) => group ?? AUDIO_GROUP;

/** What people call a sound track: by the file's word, else by its language; each name once. */
function nameOf(sounds: readonly MasterSound[], index: number): string {
  const names = sounds.map(({ name, language }, i) => name ?? languageName(language) ?? `Audio ${i + 1}`);
  const name = quotable(names[index] ?? '');
  return names.indexOf(names[index] ?? '') === index ? name : `${name} ${index + 1}`;
}

/** Without what a quoted string may not hold (§4.2). */
function quotable(text: string): string {
  return text.replaceAll(/["\r\n]/g, "'");
}

/** A language in its own words. */
function languageName(language: string | undefined): string | undefined {
  return language && new Intl.DisplayNames([language, 'en'], { type: 'language' }).of(language);
}

/** `EXT-X-I-FRAME-STREAM-INF` (§4.3.4.3). */
function keyFrameTag(variant: Variant, { id, bandwidth, averageBandwidth, codec }: PresentedTrack): string {
  return `#EXT-X-I-FRAME-STREAM-INF:${attributes([
    ['BANDWIDTH', String(bandwidth)],
    ['AVERAGE-BANDWIDTH', String(averageBandwidth)],
    ['CODECS', quoted(codec)],
    ['RESOLUTION', `${variant.width}x${variant.height}`],
    ['VIDEO-RANGE', variant.videoRange === 'SDR' ? undefined : variant.videoRange],
    ['URI', quoted(`${id}.m3u8`)],
  ])}`;
}

function mediaTag(track: MasterSound, index: number, name: string): string {
  const { language, channels } = track;
  return `#EXT-X-MEDIA:${attributes([
    ['TYPE', 'AUDIO'],
    ['GROUP-ID', quoted(groupOf(track))],
    ['NAME', quoted(name)],
    ['LANGUAGE', language && quoted(language)],
    ['DEFAULT', index === 0 ? 'YES' : 'NO'],
    ['AUTOSELECT', 'YES'],
    ['CHANNELS', channels ? quoted(String(channels)) : undefined],
    ['URI', quoted(`${track.id}.m3u8`)],
  ])}`;
}

function subtitlesTag({ language, name, isForced }: SubtitleTrack, index: number): string {
  const called = quotable(name ?? languageName(language) ?? 'Subtitles');
  return `#EXT-X-MEDIA:${attributes([
    ['TYPE', 'SUBTITLES'],
    ['GROUP-ID', quoted(SUBTITLES_GROUP)],
    ['NAME', quoted(index === 0 ? called : `${called} ${index + 1}`)],
    ['LANGUAGE', language && quoted(language)],
    ['DEFAULT', 'NO'],
    ['AUTOSELECT', 'YES'],
    ['FORCED', isForced ? 'YES' : 'NO'],
    ['URI', quoted(`s${index}.m3u8`)],
  ])}`;
}

/** The playlist of subtitles that are one file as long as the video. */
export function writeSubtitlesPlaylist(id: string, duration: number): string {
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.max(1, Math.ceil(duration))}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    `#EXTINF:${duration.toFixed(6)},`,
    `${id}.vtt`,
    '#EXT-X-ENDLIST\n',
  ].join('\n');
}

interface Beside {
  readonly video: boolean;
  /** Whether the range of its brightness is told. */
  readonly ranged: boolean;
  /** Its group of sound. */
  readonly audio: string | undefined;
  readonly subtitles: boolean;
}

function streamTag(variant: Variant, { video, ranged, ...groups }: Beside): string {
  const { frameRate, width, height, videoRange } = variant;
  return `#EXT-X-STREAM-INF:${attributes([
    ['BANDWIDTH', String(variant.bandwidth)],
    ['AVERAGE-BANDWIDTH', String(variant.averageBandwidth)],
    ['CODECS', quoted(variant.codecs)],
    ['RESOLUTION', video ? `${width}x${height}` : undefined],
    ['FRAME-RATE', video && frameRate ? frameRate.toFixed(3) : undefined],
    ['VIDEO-RANGE', video && ranged ? videoRange : undefined],
    ['AUDIO', groups.audio && quoted(groups.audio)],
    ['SUBTITLES', groups.subtitles ? quoted(SUBTITLES_GROUP) : undefined],
  ])}`;
}

function attributes(list: readonly (readonly [string, string | undefined])[]): string {
  return list.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(',');
}

function quoted(text: string): string {
  return `"${text}"`;
}
