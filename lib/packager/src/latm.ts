import { Bits } from './bits.ts';
import { readAacConfig } from './codec-string.ts';
import { PackagerError } from './error.ts';

/** A frame of AAC in LATM with its LOAS header (ISO/IEC 14496-3 §1.7.2, §1.7.3). */
export interface LatmFrame {
  /** Bytes, header included. */
  readonly size: number;
  /** The AAC inside: bytes, and the bit of the frame at which it begins. */
  readonly payload: number;
  readonly start: number;
  /** AudioSpecificConfig, where the frame repeats it. */
  readonly config: Uint8Array | undefined;
}

/** Bytes of a frame in front of its AAC at most. */
export const LATM_OVERHEAD = 64;
const SYNC = 0x2b7;
/** Object types that carry another one: SBR, and SBR with parametric stereo. */
const EXTENDED = new Set([5, 29]);
const AAC_LC = 2;

/**
 * Reads a frame that begins here, of the plain kind that broadcasts have: one program, one layer, one frame of AAC.
 * Nothing when there is none, or another kind.
 */
export function readLatmFrame(bytes: Uint8Array): LatmFrame | undefined {
  const [a = 0, b = 0, c = 0] = bytes;
  if (((a << 3) | (b >> 5)) !== SYNC) return undefined;
  const size = 3 + (((b & 31) << 8) | c);
  try {
    return readElement(bytes, size);
  } catch (error) {
    if (error instanceof PackagerError) return undefined;
    throw error;
  }
}

/** AudioMuxElement (table 1.41). */
function readElement(bytes: Uint8Array, size: number): LatmFrame | undefined {
  const bits = new CountedBits(bytes, 24);
  const isSame = bits.read(1) === 1;
  const config = isSame ? undefined : readMux(bits, bytes);
  if (!isSame && !config) return undefined;
  let payload = 0;
  for (let more = 255; more === 255; payload += more) more = bits.read(8);
  const start = bits.at;
  if (payload === 0 || start + payload * 8 > size * 8) return undefined;
  return { size, payload, start, config };
}

/** StreamMuxConfig (table 1.42), of version 0; its AudioSpecificConfig. */
function readMux(bits: CountedBits, bytes: Uint8Array): Uint8Array | undefined {
  const version = bits.read(1);
  const isOneFraming = bits.read(1);
  const [subFrames, programs, layers] = [bits.read(6), bits.read(4), bits.read(3)];
  if (version !== 0 || isOneFraming !== 1 || subFrames + programs + layers !== 0) return undefined;
  const start = bits.at;
  if (!readSpecificConfig(bits)) return undefined;
  const config = copyBits(bytes, start, bits.at - start);
  if (bits.read(3) !== 0) return undefined; // frames of a length of their own
  bits.read(8);
  if (bits.read(1) === 1) for (let more = 1; more === 1; bits.read(8)) more = bits.read(1);
  if (bits.read(1) === 1) bits.read(8);
  readAacConfig(config);
  return config;
}

/** AudioSpecificConfig of AAC-LC, with SBR or without (§1.6.2.1, §4.4.1); false for any other. */
function readSpecificConfig(bits: CountedBits): boolean {
  const type = bits.read(5);
  if (bits.read(4) === 15) bits.read(24);
  const channels = bits.read(4);
  let inner = type;
  if (EXTENDED.has(type)) {
    if (bits.read(4) === 15) bits.read(24);
    inner = bits.read(5);
  }
  const [isShort, dependsOnCore, isExtended] = [bits.read(1), bits.read(1), bits.read(1)];
  return inner === AAC_LC && channels > 0 && isShort + dependsOnCore + isExtended === 0;
}

/** Writes the AAC of a frame, which need not begin at a byte. */
export function copyLatmPayload(bytes: Uint8Array, { start, payload }: LatmFrame, target: Uint8Array): void {
  const [from, shift] = [start >> 3, start & 7];
  for (let i = 0; i < payload; i++) {
    const pair = ((bytes[from + i] ?? 0) << 8) | (bytes[from + i + 1] ?? 0);
    target[i] = (pair >> (8 - shift)) & 255;
  }
}

/** Bits as bytes, the last one filled with zeros. */
function copyBits(bytes: Uint8Array, start: number, length: number): Uint8Array {
  const copied = new Uint8Array(Math.ceil(length / 8));
  const bits = new Bits(bytes, start);
  for (let at = 0; at < length; at++) {
    if (bits.read(1)) copied[at >> 3] = (copied[at >> 3] ?? 0) | (0x80 >> (at & 7));
  }
  return copied;
}

class CountedBits {
  readonly #bits: Bits;
  /** Bits from the start that have been read. */
  at: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bits = new Bits(bytes, start);
    this.at = start;
  }

  read(length: number): number {
    this.at += length;
    return this.#bits.read(length);
  }
}
