import {
  audioBoundaries,
  boundariesAt,
  longestGroup,
  settledBoundaries,
  videoBoundaries,
} from './boundaries.ts';
import { PackagerError } from './error.ts';
import type { SegmentPlan } from './fragment.ts';
import { writeInitSegment } from './init-segment.ts';
import { shiftTrack } from './joined-index.ts';
import type { AudioTrack, MediaIndex, Rotation, VideoTrack } from './media-index.ts';
import { isSegmentable } from './playability.ts';
import { writeMasterPlaylist, writeMediaPlaylist } from './playlists.ts';
import { type PresentedTrack, SegmentedTrack } from './presented-track.ts';

export interface PresentationOptions {
  /** Seconds that a segment aims at after the short first ones; 6 when absent. */
  readonly targetDuration?: number;
  /**
   * Segment starts in seconds to use instead of our own choice: those of the original, for a rendition of
   * it. Each must be a sync sample; one that is not is passed over.
   */
  readonly boundaries?: readonly number[];
  /**
   * Seconds at which this source begins on the timeline of a longer one, 0 when absent: for a rendition
   * made in windows. All times, `boundaries` too, are on that timeline.
   */
  readonly start?: number;
}

/** A source seen as HLS: playlists and segments, computed when asked for. */
export interface Presentation {
  /** Seconds, of the longest track; of what is known of it while `growing`. */
  readonly duration: number;
  /** The source was still arriving when its index was made: more segments will follow those there are. */
  readonly growing: boolean;
  /** Its list once grew, or does, without anybody knowing its longest segment; see `MediaIndex.isSequential`. */
  readonly isSequential: boolean;
  /** Pixels as displayed, after pixel aspect and rotation; 0 without video. */
  readonly width: number;
  readonly height: number;
  readonly rotation: Rotation;
  /** RFC 6381 strings, comma-separated, video first. */
  readonly codecs: string;
  /** Frames a second, on average. */
  readonly frameRate: number | undefined;
  /** Bits a second of the video and its heaviest sound: peak of RFC 8216 §4.3.4.2, and average. */
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  /** Seconds, the longest distance between sync samples; 0 without video. */
  readonly maxGop: number;
  /** Seconds at which video segments begin, for renditions that must share them; without the first 0. */
  readonly boundaries: readonly number[];
  /** Video first. */
  readonly tracks: readonly PresentedTrack[];
  masterPlaylist(): string;
  /**
   * VOD, or an EVENT playlist of what can be served while the original is still arriving: `arrived` is how
   * many bytes of it, from the first on, are there. Throws `no_such_track`.
   */
  mediaPlaylist(trackId: string, options?: { readonly arrived?: number }): string;
  /** Throws `no_such_track`. */
  initSegment(trackId: string): Uint8Array;
  /** Throws `no_such_track` or `no_such_segment`. */
  segment(trackId: string, n: number): SegmentPlan;
}

/**
 * Cuts an index into segments, all tracks of it that segments can be made of; see `forBrowsers` for fewer. A few milliseconds even for hours of video; later calls are cheap.
 */
export function createPresentation(index: MediaIndex, options: PresentationOptions = {}): Presentation {
  return new IndexedPresentation(index, options);
}

class IndexedPresentation implements Presentation {
  readonly duration: number;
  readonly width: number;
  readonly height: number;
  readonly rotation: Rotation;
  readonly codecs: string;
  readonly frameRate: number | undefined;
  readonly maxGop: number;
  readonly boundaries: readonly number[];
  readonly tracks: readonly SegmentedTrack[];
  readonly growing: boolean;
  readonly isSequential: boolean;
  readonly #videoRange: VideoTrack['videoRange'];

  constructor(index: MediaIndex, options: PresentationOptions) {
    const { video } = index;
    this.tracks = segmentTracks(index, options);
    this.boundaries = startsOf(this.tracks[0]);
    this.duration = index.duration + (options.start ?? 0);
    this.growing = index.growing ?? false;
    this.isSequential = index.isSequential ?? false;
    this.rotation = video?.rotation ?? 0;
    const { width, height } = displaySize(index);
    this.width = width;
    this.height = height;
    this.codecs = [...new Set(this.tracks.map(({ codec }) => codec))].join(',');
    this.frameRate = video && averageFrameRate(video);
    this.maxGop = video ? longestGroup(video.samples, video.timescale) : 0;
    this.#videoRange = video?.videoRange ?? 'SDR';
  }

  get bandwidth(): number {
    return this.#total(({ bandwidth }) => bandwidth);
  }

  get averageBandwidth(): number {
    return this.#total(({ averageBandwidth }) => averageBandwidth);
  }

  masterPlaylist(): string {
    const { bandwidth, averageBandwidth, codecs, width, height, frameRate } = this;
    const videoRange = this.#videoRange;
    return writeMasterPlaylist(this.tracks, {
      bandwidth,
      averageBandwidth,
      codecs,
      width,
      height,
      frameRate,
      videoRange,
    });
  }

  mediaPlaylist(trackId: string, options: { readonly arrived?: number } = {}): string {
    const { growing, isSequential } = this;
    const { arrived } = options;
    return writeMediaPlaylist(
      this.#track(trackId),
      arrived === undefined ? undefined : { arrived, growing, isSequential },
    );
  }

  initSegment(trackId: string): Uint8Array {
    return writeInitSegment(this.#track(trackId).track);
  }

  segment(trackId: string, n: number): SegmentPlan {
    return this.#track(trackId).segment(n);
  }

  #track(id: string): SegmentedTrack {
    const track = this.tracks.find((candidate) => candidate.id === id);
    if (!track) throw new PackagerError('no_such_track', `There is no track "${id}".`);
    return track;
  }

  /** The video's rate plus that of the heaviest sound, since one of them plays at a time. */
  #total(rate: (track: SegmentedTrack) => number): number {
    const of = (kind: 'video' | 'audio') => this.tracks.filter((track) => track.kind === kind).map(rate);
    return Math.max(0, ...of('video')) + Math.max(0, ...of('audio'));
  }
}

/** Video cut at its sync samples; sound cut where the video is. */
export function segmentTracks(index: MediaIndex, options: PresentationOptions = {}): SegmentedTrack[] {
  const { targetDuration, boundaries, start = 0 } = options;
  const shifted = <T extends VideoTrack | AudioTrack>(track: T) => (start ? shiftTrack(track, start) : track);
  const video = index.video && isSegmentable(index.video) ? shifted(index.video) : undefined;
  const audio = index.audio.filter((track) => isSegmentable(track)).map(shifted);
  const tracks: SegmentedTrack[] = [];
  if (video) tracks.push(new SegmentedTrack('v0', video, cutVideo(video, index, options), start));
  const cuts = videoCuts(tracks[0], boundaries, index.growing ?? false);
  for (const [i, track] of audio.entries()) {
    const { samples, timescale } = track;
    const sound = audioBoundaries(samples, timescale, cuts, targetDuration);
    const kept = index.growing ? settledBoundaries(samples, timescale, sound) : sound;
    tracks.push(new SegmentedTrack(`a${i}`, track, kept));
  }
  return tracks;
}

function cutVideo({ samples, timescale }: VideoTrack, { growing }: MediaIndex, options: PresentationOptions) {
  const { boundaries, targetDuration } = options;
  if (boundaries) return boundariesAt(samples, timescale, boundaries);
  const cuts = videoBoundaries(samples, timescale, targetDuration);
  return growing ? settledBoundaries(samples, timescale, cuts) : cuts;
}

/** Sound follows the video, or else the boundaries asked for. */
function videoCuts(
  video: SegmentedTrack | undefined,
  asked: readonly number[] | undefined,
  growing: boolean,
) {
  const end = video?.segmentStart(video.segmentCount) ?? 0;
  // where a growing video ends for now, the next segment begins
  if (video && growing) return { starts: [...startsOf(video), end], end: Infinity };
  if (video) return { starts: startsOf(video), end };
  return asked && { starts: asked, end: Infinity };
}

function startsOf(track: SegmentedTrack | undefined): number[] {
  const inner = Math.max(0, (track?.segmentCount ?? 0) - 1);
  return Array.from({ length: inner }, (_, n) => track?.segmentStart(n + 1) ?? 0);
}

/** Where a video is cut into segments, those too of which only a decoder can make something (`isSegmentable`). */
export function presentVideo(video: VideoTrack): PresentedTrack {
  return new SegmentedTrack('v0', video, videoBoundaries(video.samples, video.timescale));
}

/** Pixels as displayed, after pixel aspect and rotation; 0 without video. */
export function displaySize({ video }: MediaIndex): { width: number; height: number } {
  if (!video) return { width: 0, height: 0 };
  const wide = Math.round(video.width * video.pixelAspect);
  const turned = video.rotation % 180 !== 0;
  return turned ? { width: video.height, height: wide } : { width: wide, height: video.height };
}

/** From the second frame on, as the first may be held. */
function averageFrameRate({ samples, timescale }: VideoTrack): number | undefined {
  const { count, decode, end } = samples;
  const length = (end - (decode[1] ?? end)) / timescale;
  return length > 0 ? (count - 1) / length : undefined;
}
