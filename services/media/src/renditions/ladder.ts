/** Size in which a rendition is made, in pixels as displayed: turned upright, pixels square, both sides even. */
export interface Rung {
  /** Lines of the shorter side, e.g. 720; names the rung. */
  readonly lines: number;
  readonly width: number;
  readonly height: number;
  /** Ceiling in bit/s. */
  readonly maxBitRate: number;
}

/** What the ladder must know of a source. */
export interface RungSource {
  /** As displayed. */
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly frameRate: number;
  /** bit/s of the video, on average. */
  readonly bitRate: number;
}

/** Lines of the shorter side, and bit/s that pictures of people and places need at 30 frames a second. */
const LADDER: readonly (readonly [lines: number, bitRate: number])[] = [
  [2160, 14_000_000],
  [1440, 9_000_000],
  [1080, 5_500_000],
  [720, 3_000_000],
  [480, 1_500_000],
  [360, 800_000],
];
const LEAST_BIT_RATE = 200_000;
/** No picture is wider: what the transcoder takes. */
const MOST_PIXELS = 8192;

/** Sizes that can be asked for. */
export const ladderLines: readonly number[] = LADDER.map(([lines]) => lines);

/** bit/s that a rung of so many lines is allowed. */
export function bitRateOf(lines: number, frameRate: number): number {
  const rung = LADDER.find(([least]) => lines >= least) ?? LADDER.at(-1);
  const [, bitRate] = rung as readonly [number, number];
  return Math.round(bitRate * (frameRate > 40 ? 1.5 : 1));
}

/** The rung of at most so many lines that does not enlarge the source. */
export function rungOf(source: RungSource, lines: number): Rung {
  const short = Math.min(source.width, source.height);
  const long = Math.max(source.width, source.height);
  const scale = Math.min(1, lines / short, MOST_PIXELS / long);
  const width = even(source.width * scale);
  const height = even(source.height * scale);
  const real = Math.min(width, height);
  const ceiling = bitRateOf(real, source.frameRate);
  // a source of few bits has no need of more, even where another codec made better use of them
  const enough = source.bitRate > 0 ? Math.min(ceiling, source.bitRate * 2) : ceiling;
  return { lines: real, width, height, maxBitRate: Math.max(LEAST_BIT_RATE, Math.round(enough)) };
}

const even = (pixels: number) => Math.max(2, Math.round(pixels / 2) * 2);
