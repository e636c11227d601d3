import { ascii, join, uint8 } from '../box-writer.ts';

/** An EBML element with a size of eight bytes, or of open size. */
export function element(id: number, content: readonly Uint8Array[], open = false): Uint8Array {
  const body = join(content);
  const size = new Uint8Array(8);
  new DataView(size.buffer).setUint32(4, body.length);
  size[0] = 1;
  if (open) size.fill(0xff, 1);
  return join([bytesOf(id), size, body]);
}

export function unsigned(id: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(4, value);
  return element(id, [bytes]);
}

export function text(id: number, value: string): Uint8Array {
  return element(id, [ascii(value)]);
}

/** A SimpleBlock: track, time in ticks, flags, and what follows them. */
export function simpleBlock(
  track: number,
  time: number,
  flags: number,
  ...content: Uint8Array[]
): Uint8Array {
  return element(0xa3, [uint8(0x80 | track, (time >> 8) & 255, time & 255, flags), ...content]);
}

function bytesOf(id: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = id; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return uint8(...bytes);
}
