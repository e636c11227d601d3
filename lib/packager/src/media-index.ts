/**
 * Samples of one track on the presentation timeline, in decode order, edits baked in. Times are in track
 * timescale units from the start of the presentation.
 */
export interface Samples {
  readonly count: number;
  /** Byte position in the original. */
  readonly offset: Float64Array;
  /** Bytes. */
  readonly size: Uint32Array;
  /** Sorted presentation times, never negative: the same for every rendition of one video. */
  readonly decode: Float64Array;
  /** Presentation time minus `decode`; absent when all are zero. */
  readonly composition: Int32Array | undefined;
  /** Indices of sync samples, rising; absent when every sample is one. */
  readonly sync: Uint32Array | undefined;
  /** Where the last sample ends. */
  readonly end: number;
}

/** Sample entries of video that segments are made with; HEVC is always `hvc1`. */
export type SegmentVideoFormat = 'avc1' | 'hvc1' | 'av01' | 'vp09';
/** Sample entries of sound that segments are made with. */
export type SegmentAudioFormat = 'mp4a' | 'Opus' | 'fLaC' | 'ac-3' | 'ec-3';
/**
 * A codec that is only for decoders (MPEG-2, ProRes, PCM, DTS…): its samples have no place in HLS, and `config` is
 * the description that the container gave, whole: a sample entry of MP4 or the children of a TrackEntry of Matroska.
 */
export type DecoderFormat = 'sample-entry' | 'track-entry';
export type VideoFormat = SegmentVideoFormat | DecoderFormat;
export type AudioFormat = SegmentAudioFormat | DecoderFormat;

/**
 * Whether browsers play a track in fragmented MP4: all that count do, some do (`maybe`: HEVC, AV1, 10-bit VP9), or
 * it has to be converted first.
 */
export type Playability = 'yes' | 'maybe' | 'no';

export type Rotation = 0 | 90 | 180 | 270;

/**
 * How samples lie in an MPEG transport stream: scattered over packets of one program id, with start codes or
 * frame headers of their own. `Samples.offset` is then the packet (video) or byte (sound) at which a sample
 * begins, and `Samples.size` its bytes once rewritten.
 */
export interface TransportRewrite {
  readonly kind: 'transport-stream';
  readonly stream: 'avc' | 'hevc' | 'mpeg2' | 'aac' | 'latm' | 'ac3' | 'mpa' | 'dts';
  readonly pid: number;
  /** Bytes from one packet to the next: 188, or 192 where each carries its time in front. */
  readonly stride: 188 | 192;
  /** Position of the first packet's sync byte. */
  readonly phase: number;
  /** Where the bytes of the last sample end. */
  readonly end: number;
}

interface Track {
  /** RFC 6381 codec string, e.g. `avc1.640028`; the container's own name of a codec that has none, e.g. `A_DTS`. */
  readonly codec: string;
  readonly browser: Playability;
  /** Units of time in a second. */
  readonly timescale: number;
  /** Canonical BCP 47 tag, when the file names a language. */
  readonly language: string | undefined;
  /** What the file calls the track, for people. */
  readonly name?: string;
  /**
   * Decoder configuration: an AudioSpecificConfig for `mp4a`, for all else the payload of the box that goes
   * with the format (`avcC`, `hvcC`, `av1C`, `vpcC`, `dOps`, `dfLa`, `dac3`, `dec3`); see also `DecoderFormat`.
   */
  readonly config: Uint8Array;
  readonly samples: Samples;
  /** Present when the samples do not stand in the original as a segment needs them. */
  readonly rewrite?: TransportRewrite;
}

export interface VideoTrack extends Track {
  readonly kind: 'video';
  readonly format: VideoFormat;
  /** Coded size in pixels, before rotation and pixel aspect. */
  readonly width: number;
  readonly height: number;
  /** Width of a pixel over its height. */
  readonly pixelAspect: number;
  /** Clockwise degrees to turn the picture for display. */
  readonly rotation: Rotation;
  /** The nine values of the track matrix as they stand in the file (ISO/IEC 14496-12 §8.3.2). */
  readonly matrix: readonly number[];
  readonly videoRange: 'SDR' | 'PQ' | 'HLG';
  /** Boxes kept in the sample entry, whole: `colr`, `pasp`, `clap`, `mdcv`, `clli`. */
  readonly extensions: Uint8Array;
}

export interface AudioTrack extends Track {
  readonly kind: 'audio';
  readonly format: AudioFormat;
  readonly channels: number;
  /** Hertz. */
  readonly sampleRate: number;
}

/** Text with times, in the order of the file. */
export interface CueTable {
  readonly count: number;
  /** Byte position in the original, and bytes. */
  readonly offset: Float64Array;
  readonly size: Uint32Array;
  /** Milliseconds from the start of the presentation, rising, and how long it stays. */
  readonly start: Float64Array;
  readonly length: Int32Array;
}

/** Embedded text: MPEG-4 timed text, SubRip, Advanced SubStation Alpha, WebVTT. */
export interface SubtitleTrack {
  readonly kind: 'subtitles';
  readonly format: 'tx3g' | 'subrip' | 'ass' | 'webvtt';
  readonly language: string | undefined;
  readonly name?: string;
  /** Meant to be shown also to those who did not ask for subtitles. */
  readonly isForced: boolean;
  readonly cues: CueTable;
}

export interface Chapter {
  /** Seconds. */
  readonly start: number;
  readonly title: string;
}

/** A track that was left out because not even a decoder could be given its samples, e.g. an encrypted one. */
export interface SkippedTrack {
  readonly kind: 'video' | 'audio';
  /** The container's name of its codec, e.g. `enca`. */
  readonly format: string;
  readonly reason: string;
}

/** `outside`: one that only a decoder reads. */
export type Container = 'mp4' | 'mov' | 'mkv' | 'webm' | 'ts' | 'outside';

/** All that packaging needs to know of a source; media bytes stay in the original. */
export interface MediaIndex {
  /** Seconds from the start of the presentation to the end of its longest track. */
  readonly duration: number;
  /** Bytes of the original. */
  readonly sourceSize: number;
  readonly container: Container;
  /**
   * Seconds that play before the point the file's edit list asks for, because that point lies inside a
   * group of pictures and playing must begin at a sync sample.
   */
  readonly preroll: number;
  /** Its samples are found one after another, so that while it arrives nobody knows the longest segment. */
  readonly isSequential?: true;
  /** More of the file was to come when this was made. */
  readonly growing?: true;
  /** Its samples are times without bytes: what decodes it needs the original, and this demuxer; see `outsideIndex`. */
  readonly outside?: { readonly demuxer: string };
  readonly video?: VideoTrack;
  readonly audio: readonly AudioTrack[];
  readonly skipped: readonly SkippedTrack[];
  readonly subtitles?: readonly SubtitleTrack[];
  readonly chapters?: readonly Chapter[];
  /** Chapters that are told as text with times; see `readChapters`. */
  readonly chapterTrack?: SubtitleTrack;
}
