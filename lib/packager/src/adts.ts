import { uint8 } from './box-writer.ts';

/** A frame of AAC with its own header (ISO/IEC 14496-3 §1.A.2.2). */
export interface AdtsFrame {
  readonly headerBytes: 7 | 9;
  /** Bytes, header included. */
  readonly size: number;
  /** AudioSpecificConfig that says the same. */
  readonly config: Uint8Array;
}

export const ADTS_HEADER_BYTES = 7;

/** Reads a header; nothing when none begins here, or one that an AudioSpecificConfig cannot stand for. */
export function readAdtsFrame(bytes: Uint8Array): AdtsFrame | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0] = bytes;
  if (a !== 0xff || (b & 0xf6) !== 0xf0 || bytes.length < ADTS_HEADER_BYTES) return undefined;
  const headerBytes = b & 1 ? 7 : 9;
  const size = ((d & 3) << 11) | (e << 3) | (f >> 5);
  const rate = (c >> 2) & 15;
  const channels = ((c & 1) << 2) | (d >> 6);
  if (size <= headerBytes || rate > 12 || channels === 0 || g & 3) return undefined;
  const packed = (((c >> 6) + 1) << 11) | (rate << 7) | (channels << 3);
  return { headerBytes, size, config: uint8(packed >> 8, packed & 255) };
}
