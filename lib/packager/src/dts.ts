import { Bits } from './bits.ts';
import { box, uint16, uint32, zeros } from './box-writer.ts';

/** A frame of DTS Coherent Acoustics (ETSI TS 102 114 §5.3), or the extension that follows one (§7.4). */
export interface DtsFrame {
  /** Bytes. */
  readonly size: number;
  /** Absent for an extension, without which the frame decodes too. */
  readonly core?: {
    /** Samples a channel. */
    readonly length: number;
    /** Hertz. */
    readonly sampleRate: number;
    readonly channels: number;
  };
}

/** Bytes of a header. */
export const DTS_HEADER_BYTES = 11;
const CORE = 0x7ffe8001;
const EXTENSION = 0x64582025;
/** By their codes (tables 5-4, 5-5). */
const CHANNELS = [1, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6, 6, 6, 7, 8, 8];
const RATES: Partial<Record<number, number>> = {
  ...{ 1: 8000, 2: 16_000, 3: 32_000, 6: 11_025, 7: 22_050, 8: 44_100, 11: 12_000, 12: 24_000, 13: 48_000 },
};

/** Reads a frame header; nothing when none begins here. */
export function readDtsFrame(bytes: Uint8Array): DtsFrame | undefined {
  if (bytes.length < DTS_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, DTS_HEADER_BYTES);
  const sync = view.getUint32(0);
  if (sync === EXTENSION) return readExtension(bytes);
  if (sync !== CORE) return undefined;
  const head = view.getUint32(4);
  const blocks = (head >>> 18) & 127;
  const size = ((head >>> 4) & 0x3fff) + 1;
  const arrangement = ((head & 15) << 2) | (view.getUint8(8) >> 6);
  const sampleRate = RATES[(view.getUint8(8) >> 2) & 15];
  const channels = CHANNELS[arrangement];
  if (!sampleRate || !channels || size < 95 || blocks < 5) return undefined;
  const low = (view.getUint8(10) >> 1) & 3;
  return { size, core: { length: (blocks + 1) * 32, sampleRate, channels: channels + (low === 0 ? 0 : 1) } };
}

function readExtension(bytes: Uint8Array): DtsFrame {
  const bits = new Bits(bytes, 40);
  bits.read(2);
  const isLong = bits.read(1) === 1;
  bits.read(isLong ? 12 : 8);
  return { size: bits.read(isLong ? 20 : 16) + 1 };
}

/** The sample entry that MP4 has for such sound. */
export function dtsEntry({ sampleRate, channels }: { sampleRate: number; channels: number }): Uint8Array {
  return box('dtsc', zeros(6), uint16(1), zeros(8), uint16(channels, 16, 0, 0), uint32(sampleRate * 0x10000));
}
