import { box, uint16, uint32, zeros } from './box-writer.ts';

/** A frame of MPEG-1 or MPEG-2 audio, layers II and III: MP2 and MP3 (ISO/IEC 11172-3 §2.4.1.3, 13818-3). */
export interface MpegAudioFrame {
  readonly layer: 2 | 3;
  /** Bytes of the frame, header included. */
  readonly size: number;
  /** Samples a channel. */
  readonly length: number;
  /** Hertz. */
  readonly sampleRate: number;
  readonly channels: number;
}

const RATES = [44_100, 48_000, 32_000];
/** Bit rates in kbit/s by their code, from 1. */
const FIRST_LAYER_2 = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const FIRST_LAYER_3 = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const SECOND = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/** Reads a frame header; nothing when none begins here. */
export function readMpegAudioFrame(bytes: Uint8Array): MpegAudioFrame | undefined {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (a !== 0xff || (b & 0xe0) !== 0xe0) return undefined;
  const version = (b >> 3) & 3;
  const layer = 4 - ((b >> 1) & 3);
  const fullRate = RATES[(c >> 2) & 3];
  if (version === 1 || (layer !== 2 && layer !== 3) || !fullRate) return undefined;
  const isFirst = version === 3;
  const kilobits = (isFirst ? (layer === 2 ? FIRST_LAYER_2 : FIRST_LAYER_3) : SECOND)[(c >> 4) - 1];
  if (!kilobits) return undefined;
  const sampleRate = fullRate / (isFirst ? 1 : version === 2 ? 2 : 4);
  const length = layer === 3 && !isFirst ? 576 : 1152;
  const size = Math.floor((length * 125 * kilobits) / sampleRate) + ((c >> 1) & 1);
  return { layer, size, length, sampleRate, channels: d >> 6 === 3 ? 1 : 2 };
}

/** The sample entry that QuickTime has for such sound. */
export function mpegAudioEntry({ layer, sampleRate, channels }: MpegAudioFrame): Uint8Array {
  return box(
    layer === 3 ? '.mp3' : '.mp2',
    zeros(6),
    uint16(1),
    zeros(8),
    uint16(channels, 16, 0, 0),
    uint32(sampleRate * 0x10000),
  );
}
