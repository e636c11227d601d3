import type { Demuxer } from '@ptsdly/contract';

/** Bytes that are enough to tell. */
export const SIGNATURE_BYTES = 16;

const text = (bytes: Uint8Array, at: number, wanted: string) =>
  Buffer.from(bytes.subarray(at, at + wanted.length)).toString('latin1') === wanted;

/** First bytes of the containers that only ffmpeg reads. */
const SIGNATURES: readonly (readonly [demuxer: Demuxer, matches: (bytes: Uint8Array) => boolean])[] = [
  ['avi', (bytes) => text(bytes, 0, 'RIFF') && (text(bytes, 8, 'AVI ') || text(bytes, 8, 'AVIX'))],
  ['wav', (bytes) => text(bytes, 0, 'RIFF') && text(bytes, 8, 'WAVE')],
  ['flv', (bytes) => text(bytes, 0, 'FLV\x01')],
  ['asf', (bytes) => text(bytes, 0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11')],
  ['mpeg', (bytes) => text(bytes, 0, '\x00\x00\x01\xba')],
  ['ogg', (bytes) => text(bytes, 0, 'OggS')],
  ['flac', (bytes) => text(bytes, 0, 'fLaC')],
  ['mp3', (bytes) => text(bytes, 0, 'ID3') || isMp3Frame(bytes)],
  ['aac', (bytes) => bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xf6) === 0xf0],
];

/** The demuxer for a file that begins so, of those whose files are put into another container first. */
export function demuxerOf(start: Uint8Array): Demuxer | undefined {
  return SIGNATURES.find(([, matches]) => matches(start))?.[0];
}

/** A frame header of layer III (ISO/IEC 11172-3 §2.4.1.3) without a reserved value. */
function isMp3Frame(bytes: Uint8Array): boolean {
  const [sync = 0, second = 0, third = 0] = bytes;
  const version = (second >> 3) & 3;
  const layer = (second >> 1) & 3;
  const [bitRate, sampleRate] = [third >> 4, (third >> 2) & 3];
  const isValid = version !== 1 && layer === 1 && bitRate !== 0 && bitRate !== 15 && sampleRate !== 3;
  return sync === 0xff && second >> 5 === 7 && isValid;
}
