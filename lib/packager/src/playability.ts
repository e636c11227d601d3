import { printable } from './box.ts';
import { PackagerError } from './error.ts';
import type {
  AudioTrack,
  DecoderFormat,
  MediaIndex,
  Playability,
  SegmentAudioFormat,
  SegmentVideoFormat,
  SkippedTrack,
  VideoTrack,
} from './media-index.ts';

/** Profiles of H.264 with 8 bits and 4:2:0 (ISO/IEC 14496-10 annex A): Baseline, Main, High. */
const AVC_PROFILES = new Set([66, 77, 100]);
/** Profiles of HEVC that hardware decoders have: Main, Main 10, Main Still Picture. */
const HEVC_PROFILES = new Set([1, 2, 3]);
/** xHE-AAC, which few browsers take. */
const XHE_AAC = 42;

type Segmented<T extends { format: string }> = T & { readonly format: Exclude<T['format'], DecoderFormat> };

/** Whether segments can be made of a track at all, whatever browsers say to it. */
export function isSegmentable<T extends VideoTrack | AudioTrack>(track: T): track is Segmented<T> {
  return track.format !== 'sample-entry' && track.format !== 'track-entry';
}

/** By the decoder configuration, since the same format may hold 10 bits or 4:2:2. */
export function videoPlayability(format: SegmentVideoFormat, config: Uint8Array): Playability {
  if (format === 'avc1') return AVC_PROFILES.has(config[1] ?? 0) ? 'yes' : 'no';
  if (format === 'hvc1') return HEVC_PROFILES.has((config[1] ?? 0) & 31) ? 'maybe' : 'no';
  if (format === 'av01') return (config[1] ?? 0) >> 5 === 0 ? 'maybe' : 'no';
  return vp9Playability(config[4] ?? 0);
}

/** Profile 0 has 8 bits and 4:2:0, profile 2 more bits, the odd ones other chroma. */
function vp9Playability(profile: number): Playability {
  if (profile === 0) return 'yes';
  return profile === 2 ? 'maybe' : 'no';
}

/** Chromium and Firefox take neither Dolby nor MP3 in MP4. */
export function audioPlayability(format: SegmentAudioFormat, codec: string): Playability {
  if (format === 'ac-3' || format === 'ec-3') return 'no';
  return codec === `mp4a.40.${XHE_AAC}` ? 'maybe' : 'yes';
}

/** The same index with those tracks alone that some browser plays. */
export function forBrowsers(index: MediaIndex): MediaIndex {
  const { video, ...rest } = index;
  return {
    ...rest,
    ...(video && video.browser !== 'no' && { video }),
    audio: index.audio.filter(({ browser }) => browser !== 'no'),
  };
}

/**
 * Why the file as it is cannot be played whole in a browser, in a sentence for people: its picture, or all of its
 * sound, has to be converted first. Undefined when nothing is in the way.
 */
export function obstacleOf({ video, audio, skipped }: MediaIndex): string | undefined {
  if (video?.browser === 'no') return refusal('picture', video.codec);
  if (audio.some(({ browser }) => browser !== 'no')) return undefined;
  const [sound] = audio;
  if (sound) return refusal('sound', sound.codec);
  return skipped[0]?.reason;
}

function refusal(what: 'picture' | 'sound', codec: string): string {
  const dolby = codec === 'ac-3' || codec === 'ec-3';
  return `The ${what} is ${dolby ? 'Dolby Digital' : `in the format "${printable(codec)}"`}, which browsers do not play.`;
}

/** With the reason why the first track was left out, if there was one. */
export function nothingToPlay([first]: readonly SkippedTrack[]): PackagerError {
  return first
    ? new PackagerError('unsupported_codec', first.reason)
    : new PackagerError('not_media', 'The file has neither video nor sound.');
}
