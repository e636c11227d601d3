/**
 * Levels of H.264 with their ceilings: macroblocks a second, macroblocks a frame, and kbit/s of High profile
 * (ITU-T H.264, table A-1 and A.3.3).
 */
const LEVELS: readonly (readonly [level: string, rate: number, frame: number, kbits: number])[] = [
  ['2.1', 19_800, 792, 5000],
  ['3.0', 40_500, 1620, 12_500],
  ['3.1', 108_000, 3600, 17_500],
  ['3.2', 216_000, 5120, 25_000],
  ['4.0', 245_760, 8192, 25_000],
  ['4.1', 245_760, 8192, 62_500],
  ['4.2', 522_240, 8704, 62_500],
  ['5.0', 589_824, 22_080, 168_750],
  ['5.1', 983_040, 36_864, 300_000],
  ['5.2', 2_073_600, 36_864, 300_000],
  ['6.0', 4_177_920, 139_264, 300_000],
  ['6.2', 16_711_680, 139_264, 1_000_000],
];
const HIGHEST = '6.2';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly frameRate: number;
  /** bit/s. */
  readonly bitRate: number;
}

/** The lowest level that takes such a picture. It is set and not guessed, so that all windows carry the same one. */
export function levelOf({ width, height, frameRate, bitRate }: Picture): string {
  const frame = Math.ceil(width / 16) * Math.ceil(height / 16);
  const fits = LEVELS.find(
    ([, mostRate, mostFrame, kbits]) =>
      frame <= mostFrame && frame * frameRate <= mostRate && bitRate <= kbits * 1000,
  );
  return fits?.[0] ?? HIGHEST;
}
