import { ascii, box, join, uint8, uint16, uint32 } from './box-writer.ts';
import type { Rotation, VideoTrack } from './media-index.ts';

/** Colours by their code points (ISO/IEC 23091-2 §8); 2 is "not told". */
export interface Colours {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
}

/** What a track says of its picture beside the size. */
export interface Picture {
  readonly colours?: Colours | undefined;
  /** Width of a pixel over its height, as two numbers. */
  readonly aspect?: readonly [number, number] | undefined;
  readonly rotation?: Rotation;
}

type Described = Pick<VideoTrack, 'extensions' | 'pixelAspect' | 'videoRange' | 'rotation' | 'matrix'>;

const ONE = 0x10000;
/** Matrices of the four turns (ISO/IEC 14496-12 §8.3.2); players place the picture by its size. */
const MATRICES: Record<Rotation, readonly number[]> = {
  0: [ONE, 0, 0, 0, ONE, 0, 0, 0, 0x40000000],
  90: [0, ONE, 0, -ONE, 0, 0, 0, 0, 0x40000000],
  180: [-ONE, 0, 0, 0, -ONE, 0, 0, 0, 0x40000000],
  270: [0, -ONE, 0, ONE, 0, 0, 0, 0, 0x40000000],
};

/** The fields of a video track that tell how to show it, with `colr` and `pasp` where they say something. */
export function describePicture({ colours, aspect, rotation = 0 }: Picture): Described {
  const [wide, high] = reducedAspect(aspect);
  const square = wide === high;
  return {
    extensions: join([colours ? colourBox(colours) : [], square ? [] : box('pasp', uint32(wide, high))]),
    pixelAspect: wide / high,
    videoRange: colours?.transfer === 16 ? 'PQ' : colours?.transfer === 18 ? 'HLG' : 'SDR',
    rotation,
    matrix: MATRICES[rotation],
  };
}

function colourBox({ primaries, transfer, matrix, fullRange }: Colours): Uint8Array {
  return box('colr', ascii('nclx'), uint16(primaries, transfer, matrix), uint8(fullRange ? 0x80 : 0));
}

/** In lowest terms; nonsense counts as square. */
function reducedAspect(aspect: Picture['aspect']): readonly [number, number] {
  const [wide, high] = aspect ?? [1, 1];
  const ratio = wide / high;
  if (!(ratio > 0.05 && ratio < 20)) return [1, 1];
  let [a, b] = [wide, high];
  while (b > 0) [a, b] = [b, a % b];
  const [x, y] = [wide / a, high / a];
  return Math.max(x, y) <= 0xffff_ffff ? [x, y] : [Math.round(ratio * 65536), 65536];
}
