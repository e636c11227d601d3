/** A version of a video's picture or sound that was made of the original. */
export interface RenditionRow {
  video: string;
  /** `v720`: video of 720 lines; `c0`: sound track 0 of the original, converted. */
  name: string;
  kind: 'video' | 'audio';
  /** Pixels; 0 for sound. */
  width: number;
  height: number;
  /** Ceiling in bit/s while it is made, the average when it is ready. */
  bit_rate: number;
  /** Names the grid that it is cut for: another one makes it useless. */
  grid: string;
  /** Windows are served while the whole is still being made. */
  state: 'making' | 'ready';
  /** Bytes of the object; 0 before it is ready. */
  size_bytes: number;
  created_at: string;
}

/** A stretch of a rendition that is made but not joined yet. */
export interface WindowRow {
  video: string;
  rendition: string;
  /** Segments of the grid: from this one up to but not including the other. */
  from_segment: number;
  to_segment: number;
  size_bytes: number;
  /** Hex. */
  sha256: string;
}

export interface LoudnessRow {
  video: string;
  /** Integrated, LUFS. */
  integrated: number;
  /** True peak, dBTP. */
  peak: number;
}

/** How often a session was sent what says that it would rather have another size. */
export interface WishRow {
  video: string;
  /** Lines of that size. */
  rung: number;
  session: string;
  segments: number;
  seen_at: string;
}
