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

export type Rotation = 0 | 90 | 180 | 270;

interface Track {
  /** RFC 6381 codec string, e.g. `avc1.640028`. */
  readonly codec: string;
  /** Units of time in a second. */
  readonly timescale: number;
  /** Canonical BCP 47 tag, when the file names a language. */
  readonly language: string | undefined;
  /** Decoder configuration: the payload of `avcC` or `hvcC`, or an AudioSpecificConfig. */
  readonly config: Uint8Array;
  readonly samples: Samples;
}

export interface VideoTrack extends Track {
  readonly kind: 'video';
  /** Type of the sample entry that we write; HEVC is always `hvc1`. */
  readonly format: 'avc1' | 'hvc1';
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

/** All that packaging needs to know of a source; media bytes stay in the original. */
export interface MediaIndex {
  /** Seconds from the start of the presentation to the end of its longest track. */
  readonly duration: number;
  /** Bytes of the original. */
  readonly sourceSize: number;
  readonly container: 'mp4' | 'mov';
  /**
   * Seconds that play before the point the file's edit list asks for, because that point lies inside a
   * group of pictures and playing must begin at a sync sample.
   */
  readonly preroll: number;
  readonly video?: VideoTrack;
  readonly audio: readonly AudioTrack[];
  readonly skipped: readonly SkippedTrack[];
}
