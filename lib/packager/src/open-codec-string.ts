import { corrupt } from './error.ts';

/** RFC 6381 string of an `av1C` payload (AV1 in ISOBMFF §2.3, §5), e.g. `av01.0.05M.08`. */
export function av1CodecString(config: Uint8Array): string {
  const [marker, levels, flags] = config;
  if (marker !== 0x81 || levels === undefined || flags === undefined || config.length < 4) {
    throw corrupt('The AV1 configuration is damaged.');
  }
  const depth = flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8;
  return `av01.${levels >> 5}.${two(levels & 31)}${flags & 0x80 ? 'H' : 'M'}.${two(depth)}`;
}

/** Most luma samples of a picture at each level (VP9 levels, webmproject.org). */
const VP9_LEVELS: readonly (readonly [level: number, pixels: number])[] = [
  [10, 36_864],
  [11, 73_728],
  [20, 122_880],
  [21, 245_760],
  [30, 552_960],
  [31, 983_040],
  [41, 2_228_224],
  [51, 8_912_896],
  [61, 35_651_584],
];

/** The least level that allows pictures of so many pixels. */
export function vp9Level(pixels: number): number {
  return VP9_LEVELS.find(([, most]) => pixels <= most)?.[0] ?? 62;
}

/**
 * RFC 6381 string of a `vpcC` payload, version and flags included (VP Codec ISO Media File Format Binding),
 * e.g. `vp09.00.31.08`. With colours where they are not those of plain video.
 */
export function vp9CodecString(config: Uint8Array, pixels: number): string {
  const [version, , , , profile, level = 0, depths, primaries = 2, transfer = 2, matrix = 2] = config;
  if (version !== 1 || profile === undefined || depths === undefined || profile > 3) {
    throw corrupt('The VP9 configuration is damaged.');
  }
  const known = level >= 10 && level <= 62 ? level : vp9Level(pixels);
  const short = `vp09.${two(profile)}.${two(known)}.${two(depths >> 4)}`;
  if (transfer !== 16 && transfer !== 18) return short;
  return [short, ...[(depths >> 1) & 7, primaries, transfer, matrix, depths & 1].map(two)].join('.');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
