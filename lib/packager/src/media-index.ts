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

/** Sample entries of video that we write; HEVC is always `hvc1`. */
export type VideoFormat = 'avc1' | 'hvc1' | 'av01' | 'vp09';
/** Sample entries of sound that we write. */
export type AudioFormat = 'mp4a' | 'Opus' | 'fLaC' | 'ac-3' | 'ec-3';

export type Rotation = 0 | 90 | 180 | 270;

/**
 * How samples lie in an MPEG transport stream: scattered over packets of one program id, with start codes or
 * frame headers of their own. `Samples.offset` is then the packet (video) or byte (sound) at which a sample
 * begins, and `Samples.size` its bytes once rewritten.
 */
export interface TransportRewrite {
  readonly kind: 'transport-stream';
  readonly stream: 'avc' | 'hevc' | 'aac' | 'ac3';
  readonly pid: number;
  /** Bytes from one packet to the next: 188, or 192 where each carries its time in front. */
  readonly stride: 188 | 192;
  /** Position of the first packet's sync byte. */
  readonly phase: number;
  /** Where the bytes of the last sample end. */
  readonly end: number;
}

interface Track {
  /** RFC 6381 codec string, e.g. `avc1.640028`. */
  readonly codec: string;
  /** Units of time in a second. */
  readonly timescale: number;
  /** Canonical BCP 47 tag, when the file names a language. */
  readonly language: string | undefined;
  /**
   * Decoder configuration: an AudioSpecificConfig for `mp4a`, for all else the payload of the box that goes
   * with the format (`avcC`, `hvcC`, `av1C`, `vpcC`, `dOps`, `dfLa`, `dac3`, `dec3`).
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

/** A sound track that was left out because it cannot be passed through. */
export interface SkippedTrack {
  /** Sample entry type, e.g. `sowt`. */
  readonly format: string;
  readonly reason: string;
}

export type Container = 'mp4' | 'mov' | 'mkv' | 'webm' | 'ts';

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
  readonly video?: VideoTrack;
  readonly audio: readonly AudioTrack[];
  readonly skipped: readonly SkippedTrack[];
}
