import { Bits } from './bits.ts';
import { uint8 } from './box-writer.ts';
import { corrupt } from './error.ts';
import { vp9Level } from './open-codec-string.ts';
import type { Colours } from './picture.ts';

const SYNC_CODE = 0x498342;
const RGB = 7;

/** What the uncompressed header of a VP9 key frame tells (VP9 bitstream specification §6.2, §7.2). */
export interface Vp9KeyFrame {
  readonly profile: number;
  readonly depth: 8 | 10 | 12;
  /** As in `vpcC`: 0 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4. */
  readonly chroma: number;
  readonly fullRange: boolean;
}

/** Reads a frame that decodes by itself; nothing for any other. */
export function readVp9KeyFrame(frame: Uint8Array): Vp9KeyFrame | undefined {
  const bits = new Bits(frame);
  if (bits.read(2) !== 2) return undefined;
  const profile = bits.read(1) + 2 * bits.read(1);
  if (profile === 3) bits.read(1);
  const [shownAgain, dependent] = [bits.read(1), bits.read(1)];
  if (shownAgain || dependent) return undefined;
  bits.read(2);
  if (bits.read(24) !== SYNC_CODE) return undefined;
  const depth = profile < 2 ? 8 : bits.read(1) ? 12 : 10;
  const colourSpace = bits.read(3);
  if (colourSpace === RGB) return { profile, depth, chroma: 3, fullRange: true };
  const fullRange = bits.read(1) === 1;
  const [halfWide, halfHigh] = profile & 1 ? [bits.read(1), bits.read(1)] : [1, 1];
  return { profile, depth, chroma: halfWide ? (halfHigh ? 0 : 2) : 3, fullRange };
}

/** The payload of `vpcC` for a stream that begins with this frame. Throws `corrupt` when it is no key frame. */
export function vp9Config(frame: Uint8Array, pixels: number, colours: Colours | undefined): Uint8Array {
  const key = readVp9KeyFrame(frame);
  if (!key) throw corrupt('The VP9 stream does not begin with a whole picture.');
  const range = (colours?.fullRange ?? key.fullRange) ? 1 : 0;
  const { primaries = 2, transfer = 2, matrix = 2 } = colours ?? {};
  const packed = (key.depth << 4) | (key.chroma << 1) | range;
  return uint8(1, 0, 0, 0, key.profile, vp9Level(pixels), packed, primaries, transfer, matrix, 0, 0);
}
