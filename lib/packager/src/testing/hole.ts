import { childBoxes, viewOf } from '../box.ts';
import { ascii, box, fullBox, join, uint32 } from '../box-writer.ts';
import type { ByteSource } from '../source.ts';

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);

/**
 * A file whose media comes `hole` bytes later, behind a `free` box with a 64-bit size that exists only as a
 * number; chunk offsets become `co64`. Needs a file that begins with `ftyp`.
 */
export function withHole(file: Uint8Array, hole: number): ByteSource & { bytesRead: number } {
  const view = viewOf(file);
  const boxes = childBoxes(view, 0, file.length);
  const ftypEnd = boxes[0]?.end ?? 0;
  const moov = boxes.find(({ type }) => type === 'moov');
  if (!moov || boxes.at(-1) !== moov) throw new Error('needs moov at the end');
  const free = join([uint32(1), ascii('free'), uint32(Math.floor(hole / 2 ** 32), hole % 2 ** 32)]);
  const front = join([file.subarray(0, ftypEnd), free]);
  const media = file.subarray(ftypEnd, moov.start - 8);
  const tail = join([media, rewrite(file, moov.start, moov.end, 'moov', hole)]);
  const tailAt = ftypEnd + hole;
  const source = {
    size: tailAt + tail.length,
    bytesRead: 0,
    read: async (offset: number, length: number) => {
      source.bytesRead += length;
      return Uint8Array.from({ length }, (_, i) => {
        const at = offset + i;
        return (at < tailAt ? front[at] : tail[at - tailAt]) ?? 0;
      });
    },
  };
  return source;
}

function rewrite(file: Uint8Array, start: number, end: number, type: string, shift: number): Uint8Array {
  const view = viewOf(file);
  if (CONTAINERS.has(type)) {
    const children = childBoxes(view, start, end);
    return box(type, ...children.map((child) => rewrite(file, child.start, child.end, child.type, shift)));
  }
  if (type !== 'stco') return box(type, file.subarray(start, end));
  const count = view.getUint32(start + 4);
  const offsets = Array.from({ length: count }, (_, i) => view.getUint32(start + 8 + i * 4) + shift);
  return fullBox(
    'co64',
    0,
    0,
    uint32(count, ...offsets.flatMap((at) => [Math.floor(at / 2 ** 32), at % 2 ** 32])),
  );
}
