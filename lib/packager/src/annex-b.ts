import { corrupt } from './error.ts';

/** A NAL unit inside a buffer. */
export interface Unit {
  readonly start: number;
  readonly end: number;
}

/** Slices, parameter sets and messages of one picture; real ones have a few dozen. */
const MAX_UNITS = 4096;

export type NalStream = 'avc' | 'hevc';

/** The NAL units between start codes, without the zeros behind them (ISO/IEC 14496-10 annex B). Throws `corrupt`. */
export function nalUnits(bytes: Uint8Array): Unit[] {
  const units: Unit[] = [];
  let start = -1;
  for (let at = nextStartCode(bytes, 0); ; at = nextStartCode(bytes, at + 3)) {
    if (start >= 0) {
      let end = at;
      while (end > start && bytes[end - 1] === 0) end--;
      if (end > start) units.push({ start, end });
      if (units.length > MAX_UNITS) throw corrupt('A picture is in more pieces than any real one.');
    }
    if (at >= bytes.length) return units;
    start = at + 3;
  }
}

/** Position of the next 00 00 01, or the length of the bytes. */
function nextStartCode(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(1, from + 2); at >= 0; at = bytes.indexOf(1, at + 1)) {
    if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at - 2;
  }
  return bytes.length;
}

export function unitType(bytes: Uint8Array, { start }: Unit, stream: NalStream): number {
  const first = bytes[start] as number;
  return stream === 'avc' ? first & 31 : (first >> 1) & 63;
}

/** Whether a unit only marks where pictures begin or fills space; samples of MP4 do not need it. */
export function isDelimiter(type: number, stream: NalStream): boolean {
  return stream === 'avc' ? type === 9 || type === 12 : type === 35 || type === 38;
}

/** The units that make up a sample, each behind its length in four bytes (ISO/IEC 14496-15 §4.3). */
export function lengthPrefixed(bytes: Uint8Array, stream: NalStream, target: Uint8Array, at: number): number {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  let to = at;
  for (const unit of nalUnits(bytes)) {
    if (isDelimiter(unitType(bytes, unit, stream), stream)) continue;
    const length = unit.end - unit.start;
    if (to + 4 + length > target.length) return -1;
    view.setUint32(to, length);
    target.set(bytes.subarray(unit.start, unit.end), to + 4);
    to += 4 + length;
  }
  return to;
}

/** A unit's payload without the bytes that keep start codes out of it (ISO/IEC 14496-10 §7.3.1). */
export function unescaped(unit: Uint8Array): Uint8Array {
  return unit.filter((byte, i) => !(byte === 3 && i > 1 && unit[i - 1] === 0 && unit[i - 2] === 0));
}
