import { PackagerError } from './error.ts';
import type { Colours, Picture } from './picture.ts';
import { type ByteSource, readExactly } from './source.ts';
import type { PacketGrid } from './transport-packet.ts';

/** What the video of a transport stream looks like. */
export interface TransportPicture extends Picture {
  /** Pixels, cropped. */
  readonly width: number;
  readonly height: number;
}

/** More than any stream needs to show its first whole picture. */
const MAX_BYTES = 64 * 1024 * 1024;
const PRIMARIES = { bt709: 1, bt470bg: 5, smpte170m: 6, bt2020: 9, smpte432: 12 };
const TRANSFERS = { bt709: 1, smpte170m: 6, linear: 8, 'iec61966-2-1': 13, pq: 16, hlg: 18 };
const MATRICES = { rgb: 0, bt709: 1, bt470bg: 5, smpte170m: 6, 'bt2020-ncl': 9 };

/**
 * Has mediabunny read the size, aspect and colours from the stream's parameter sets; loaded only here.
 * Throws `corrupt` when it finds none.
 */
export async function readTransportPicture(
  source: ByteSource,
  grid: PacketGrid,
  pid: number,
): Promise<TransportPicture> {
  const { CustomSource, Input, Logging, LogLevel, MPEG_TS } = await import('mediabunny');
  Logging.level = LogLevel.Silent; // what a file holds is no news for the server's log
  const start = grid.phase - (grid.stride === 192 ? 4 : 0);
  const size = source.size - start;
  let left = MAX_BYTES;
  const read = (from: number, to: number) => {
    left -= to - from;
    if (left < 0) throw new PackagerError('corrupt', 'The video never says how it is coded.');
    return readExactly(source, start + from, to - from);
  };
  const input = new Input({ formats: [MPEG_TS], source: new CustomSource({ getSize: () => size, read }) });
  try {
    const track = (await input.getVideoTracks()).find(({ id }) => id === pid);
    if (!track) throw new Error('no such track');
    const [width, height] = [await track.getCodedWidth(), await track.getCodedHeight()];
    const [wide, high] = [await track.getSquarePixelWidth(), await track.getSquarePixelHeight()];
    if (!(width > 0 && width <= 0xffff && height > 0 && height <= 0xffff)) throw new Error('no size');
    return {
      width,
      height,
      aspect: [wide * height, high * width],
      colours: codesOf(await track.getColorSpace()),
    };
  } catch (error) {
    if (error instanceof PackagerError) throw error;
    throw new PackagerError('corrupt', 'The description of the video is damaged.', { cause: error });
  } finally {
    input.dispose();
  }
}

function codesOf({ primaries, transfer, matrix, fullRange }: VideoColorSpaceInit): Colours | undefined {
  const code = (codes: Record<string, number>, name: string | null | undefined) => codes[name ?? ''] ?? 2;
  const told = {
    primaries: code(PRIMARIES, primaries),
    transfer: code(TRANSFERS, transfer),
    matrix: code(MATRICES, matrix),
  };
  return Object.values(told).every((value) => value === 2)
    ? undefined
    : { ...told, fullRange: fullRange ?? false };
}
