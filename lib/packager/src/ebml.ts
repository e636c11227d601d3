import { viewOf } from './box.ts';
import { corrupt, PackagerError } from './error.ts';

/** Element ids that this engine looks at (RFC 9559 §5.1), marker bits included. */
export const ID = {
  header: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  chapters: 0x1043a770,
  cluster: 0x1f43b675,
  clusterTimestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  blockDuration: 0x9b,
  referenceBlock: 0xfb,
} as const;

/** An element inside a buffer: `start` is the first byte of its payload, `end` the first byte after it. */
export interface Element {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** An id and a size as they stand in the file; `size` is undefined where the file leaves it open. */
export interface ElementHeader {
  readonly id: number;
  readonly size: number | undefined;
  /** Bytes of the header itself. */
  readonly length: number;
}

/** Most bytes that an element header can take: 4 of id and 8 of size. */
export const HEADER_BYTES = 12;
const MAX_ELEMENTS = 65_536;

/** Reads an element header (RFC 8794 §5, §6); nothing when none can begin here or the bytes end. */
export function readElementHeader(bytes: Uint8Array, at: number): ElementHeader | undefined {
  const idLength = Math.clz32(bytes[at] ?? 0) - 23;
  if (idLength > 4) return undefined;
  let id = 0;
  for (let i = 0; i < idLength; i++) id = id * 256 + (bytes[at + i] ?? 0);
  const size = readVint(bytes, at + idLength);
  if (!size) return undefined;
  return { id, size: size.value, length: idLength + size.length };
}

/** A number of one to eight bytes (RFC 8794 §4); its value is undefined where all its bits are set. */
export function readVint(
  bytes: Uint8Array,
  at: number,
): { value: number | undefined; length: number } | undefined {
  const first = bytes[at];
  const length = Math.clz32(first ?? 0) - 23;
  if (first === undefined || length > 8 || at + length > bytes.length) return undefined;
  let value = first & (0xff >> length);
  let open = value === 0xff >> length;
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] as number;
    open &&= byte === 0xff;
    value = value * 256 + byte;
  }
  return { value: open ? undefined : value, length };
}

/** The elements between `start` and `end`. Throws `corrupt` when one reaches past the end. */
export function childElements(bytes: Uint8Array, start: number, end: number): Element[] {
  const found: Element[] = [];
  let at = start;
  while (at < end) {
    const header = readElementHeader(bytes, at);
    const payload = at + (header?.length ?? 0);
    if (!header || header.size === undefined || payload + header.size > end) {
      throw corrupt('An element reaches past the one it stands in.');
    }
    if (found.length === MAX_ELEMENTS) {
      throw new PackagerError('limits_exceeded', 'An element holds too many others.');
    }
    found.push({ id: header.id, start: payload, end: payload + header.size });
    at = payload + header.size;
  }
  return found;
}

/** An unsigned integer of up to eight bytes; beyond 2^53 it loses exactness. */
export function readUnsigned(bytes: Uint8Array, { start, end }: Element): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 256 + (bytes[at] as number);
  return value;
}

/** A float of four or eight bytes, 0 when it has none. */
export function readFloat(bytes: Uint8Array, { start, end }: Element): number {
  const view = viewOf(bytes);
  if (end - start === 4) return view.getFloat32(start);
  return end - start === 8 ? view.getFloat64(start) : 0;
}

/** Text up to its first zero byte. */
export function readText(bytes: Uint8Array, { start, end }: Element): string {
  const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 256)));
  return text.split('\0')[0] ?? '';
}
