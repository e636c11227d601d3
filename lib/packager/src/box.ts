import { corrupt, PackagerError } from './error.ts';

/** One box inside a buffer: `start` is the first byte of its payload, `end` the first byte after it. */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** More children than any real container has; a guard against a file made of empty boxes. */
const MAX_CHILDREN = 4096;

/** Header of a box as it stands in the file (ISO/IEC 14496-12 §4.2). `size` 0 means "to the end". */
export interface BoxHeader {
  readonly type: string;
  readonly size: number;
  readonly headerSize: number;
}

/**
 * Reads the header at `at`. Needs 8 bytes, or 16 for a 64-bit size.
 * Throws `corrupt` when the size cannot hold its own header.
 */
export function readBoxHeader(view: DataView, at: number): BoxHeader {
  const type = fourCharacters(view, at + 4);
  const small = view.getUint32(at);
  if (small === 0) return { type, size: 0, headerSize: 8 };
  if (small !== 1) {
    if (small < 8) throw corrupt(`Box "${printable(type)}" claims ${small} bytes, less than its header.`);
    return { type, size: small, headerSize: 8 };
  }
  if (at + 16 > view.byteLength) throw corrupt(`Box "${printable(type)}" ends inside its header.`);
  const size = readUint64(view, at + 8);
  if (size < 16) throw corrupt(`Box "${printable(type)}" claims ${size} bytes, less than its header.`);
  return { type, size, headerSize: 16 };
}

/** The boxes between `start` and `end`. A tail too short for a header ends the list (QuickTime terminator). */
export function childBoxes(view: DataView, start: number, end: number): Box[] {
  const found: Box[] = [];
  let at = start;
  while (end - at >= 8) {
    const { type, size, headerSize } = readBoxHeader(view, at);
    const next = size === 0 ? end : at + size;
    if (next > end) throw corrupt(`Box "${printable(type)}" reaches past the box it stands in.`);
    if (found.length === MAX_CHILDREN) {
      throw new PackagerError('limits_exceeded', `A box holds more than ${MAX_CHILDREN} boxes.`);
    }
    found.push({ type, start: at + headerSize, end: next });
    at = next;
  }
  return found;
}

/** Follows a path of box types, first match at each step. */
export function findBox(view: DataView, parent: Box, ...path: string[]): Box | undefined {
  let box: Box | undefined = parent;
  for (const type of path) {
    if (!box) return undefined;
    box = childBoxes(view, box.start, box.end).find((child) => child.type === type);
  }
  return box;
}

/** Like `findBox` where the box is not needed: what is damaged counts as missing. */
export function findLoosely(view: DataView, parent: Box, ...path: string[]): Box | undefined {
  try {
    return findBox(view, parent, ...path);
  } catch (error) {
    if (error instanceof PackagerError) return undefined;
    throw error;
  }
}

/** Like `findBox`; throws `corrupt` when the box is missing. */
export function requireBox(view: DataView, parent: Box, ...path: string[]): Box {
  const box = findBox(view, parent, ...path);
  if (!box) throw corrupt(`Box "${path.join('/')}" is missing.`);
  return box;
}

/** Throws `corrupt` when the payload is shorter than `bytes`. */
export function requireLength(box: Box, bytes: number): void {
  if (box.end - box.start < bytes) throw corrupt(`Box "${printable(box.type)}" is too short.`);
}

/**
 * Position and count of a table behind a full-box header: 4 bytes of version and flags, `skip` bytes, a
 * 32-bit count, then entries of `entrySize` bytes. Throws `corrupt` when the count exceeds the bytes.
 */
export function tableOf(
  view: DataView,
  box: Box,
  entrySize: number,
  skip = 0,
): { at: number; count: number } {
  requireLength(box, 8 + skip);
  const count = view.getUint32(box.start + 4 + skip);
  const at = box.start + 8 + skip;
  if (count * entrySize > box.end - at) {
    throw corrupt(`Table "${printable(box.type)}" claims ${count} entries and does not hold them.`);
  }
  return { at, count };
}

/** An unsigned 64-bit integer. Throws `corrupt` beyond 2^53, where numbers stop being exact. */
export function readUint64(view: DataView, at: number): number {
  const value = view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
  if (value > Number.MAX_SAFE_INTEGER) throw corrupt('A 64-bit field is beyond any real file.');
  return value;
}

/** A signed 64-bit integer. Throws `corrupt` beyond ±2^53. */
export function readInt64(view: DataView, at: number): number {
  const value = Number(view.getBigInt64(at));
  if (!Number.isSafeInteger(value)) throw corrupt('A 64-bit field is beyond any real file.');
  return value;
}

/** Four bytes as Latin-1 text. */
export function fourCharacters(view: DataView, at: number): string {
  const value = view.getUint32(at);
  return String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

/** A box type fit for a message: bytes that are no ASCII become dots. */
export function printable(type: string): string {
  return type.replace(/[^\x20-\x7e]/g, '.');
}

/** A view over exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
