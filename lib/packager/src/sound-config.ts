import { Bits } from './bits.ts';
import { viewOf } from './box.ts';
import { join, uint8 } from './box-writer.ts';
import { corrupt } from './error.ts';

interface Sound {
  readonly channels: number;
  /** Hertz. */
  readonly sampleRate: number;
}

const AC3_RATES = [48000, 44100, 32000];
/** Full-range channels by audio coding mode (ETSI TS 102 366 table 4.3). */
const AC3_CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5];

/** `dOps` (Encapsulation of Opus in ISOBMFF §4.3.2). Decoders always put out 48 kHz. */
export function readOpusConfig(config: Uint8Array): Sound {
  const channels = config[1];
  if (config[0] !== 0 || !channels || config.length < 11) throw corrupt('The Opus configuration is damaged.');
  return { channels, sampleRate: 48000 };
}

/** `dfLa`, version and flags included (Encapsulation of FLAC in ISOBMFF §3.3.2), with STREAMINFO first. */
export function readFlacConfig(config: Uint8Array): Sound & { readonly blockSize: number } {
  if (config.length < 42 || ((config[4] as number) & 0x7f) !== 0)
    throw corrupt('The FLAC configuration is damaged.');
  const view = viewOf(config);
  const packed = view.getUint32(18);
  const blockSize = view.getUint16(8);
  const sampleRate = packed >>> 12;
  if (sampleRate === 0) throw corrupt('The FLAC configuration has no sampling rate.');
  return { channels: ((packed >>> 9) & 7) + 1, sampleRate, blockSize };
}

/** `dac3` (ETSI TS 102 366 §F.4). */
export function readAc3Config(config: Uint8Array): Sound {
  const bits = new Bits(config);
  const sampleRate = AC3_RATES[bits.read(2)];
  bits.read(8);
  const channels = AC3_CHANNELS[bits.read(3)] as number;
  if (!sampleRate) throw corrupt('The AC-3 configuration is damaged.');
  return { channels: channels + bits.read(1), sampleRate };
}

/** `dec3` (ETSI TS 102 366 §F.6): its first independent substream. */
export function readEac3Config(config: Uint8Array): Sound {
  const bits = new Bits(config);
  bits.read(16);
  const sampleRate = AC3_RATES[bits.read(2)];
  bits.read(10);
  const channels = AC3_CHANNELS[bits.read(3)] as number;
  if (!sampleRate) throw corrupt('The E-AC-3 configuration is damaged.');
  return { channels: channels + bits.read(1), sampleRate };
}

/** `dOps` from the identification header of Ogg and Matroska (RFC 7845 §5.1), which is little-endian. */
export function opusConfig(head: Uint8Array): Uint8Array {
  if (head.length < 19 || String.fromCharCode(...head.subarray(0, 8)) !== 'OpusHead') {
    throw corrupt('The Opus configuration is damaged.');
  }
  const config = head.slice(8);
  config[0] = 0;
  config.subarray(2, 4).reverse();
  config.subarray(4, 8).reverse();
  config.subarray(8, 10).reverse();
  return config;
}

/** `dfLa` from the header of a FLAC stream: its STREAMINFO only (RFC 9639 §8.2). */
export function flacConfig(header: Uint8Array): Uint8Array {
  const marked = String.fromCharCode(...header.subarray(0, 4)) === 'fLaC';
  const at = marked ? 4 : 0;
  if (header.length < at + 38) throw corrupt('The FLAC configuration is damaged.');
  return join([uint8(0, 0, 0, 0, 0x80, 0, 0, 34), header.subarray(at + 4, at + 38)]);
}

/** What a syncframe of AC-3 or E-AC-3 tells, and the payload of `dac3` or `dec3` for it. */
export interface DolbyFrame extends Sound {
  readonly format: 'ac-3' | 'ec-3';
  readonly config: Uint8Array;
  /** Bytes of the frame. */
  readonly size: number;
  /** Samples a channel. */
  readonly length: number;
}

/** Bit rates in kbit/s by half of the frame size code (ETSI TS 102 366 table 4.13). */
const AC3_BIT_RATES = [
  32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
];

/** Reads a syncframe header (ETSI TS 102 366 §4.3, §E.1.2); nothing when none begins here. */
export function readDolbyFrame(frame: Uint8Array): DolbyFrame | undefined {
  if (frame.length < 8 || frame[0] !== 0x0b || frame[1] !== 0x77) return undefined;
  const version = (frame[5] as number) >> 3;
  if (version <= 10) return readAc3Frame(frame, version);
  return version <= 16 ? readEac3Frame(frame, version) : undefined;
}

function readAc3Frame(frame: Uint8Array, version: number): DolbyFrame | undefined {
  const bits = new Bits(frame, 32);
  const rateCode = bits.read(2);
  const sizeCode = bits.read(6);
  bits.read(5);
  const mode = bits.read(3);
  const coding = bits.read(3);
  if (coding & 1 && coding !== 1) bits.read(2);
  if (coding & 4) bits.read(2);
  if (coding === 2) bits.read(2);
  const low = bits.read(1);
  const sampleRate = AC3_RATES[rateCode];
  const bitRate = AC3_BIT_RATES[sizeCode >> 1];
  if (!sampleRate || !bitRate) return undefined;
  const odd = rateCode === 1 ? sizeCode & 1 : 0;
  const size = (Math.floor((bitRate * 96_000) / sampleRate) + odd) * 2;
  const packed =
    (rateCode << 22) | (version << 17) | (mode << 14) | (coding << 11) | (low << 10) | ((sizeCode >> 1) << 5);
  const config = uint8(packed >> 16, (packed >> 8) & 255, packed & 255);
  const channels = (AC3_CHANNELS[coding] as number) + low;
  return { format: 'ac-3', config, size, length: 1536, channels, sampleRate };
}

function readEac3Frame(frame: Uint8Array, version: number): DolbyFrame | undefined {
  const bits = new Bits(frame, 16);
  const kind = bits.read(2);
  const substream = bits.read(3);
  const size = (bits.read(11) + 1) * 2;
  const rateCode = bits.read(2);
  const blocks = bits.read(2);
  const coding = bits.read(3);
  const low = bits.read(1);
  const sampleRate = AC3_RATES[rateCode];
  if (!sampleRate || kind !== 0 || substream !== 0) return undefined;
  const length = [256, 512, 768, 1536][blocks] as number;
  const rate = Math.min(8191, Math.round((size * 8 * sampleRate) / length / 1000));
  const config = uint8(rate >> 5, (rate & 31) << 3, (rateCode << 6) | (version << 1), (coding << 1) | low, 0);
  return {
    format: 'ec-3',
    config,
    size,
    length,
    channels: (AC3_CHANNELS[coding] as number) + low,
    sampleRate,
  };
}
