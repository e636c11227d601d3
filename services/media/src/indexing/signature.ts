import type { Demuxer } from '@ptsdly/contract';

/** Bytes that are enough to tell. */
export const SIGNATURE_BYTES = 400;

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
  ['mxf', (bytes) => text(bytes, 0, '\x06\x0e\x2b\x34')],
  ['rm', (bytes) => text(bytes, 0, '.RMF')],
  ['dv', (bytes) => text(bytes, 0, '\x1f\x07\x00')],
  ['aiff', (bytes) => text(bytes, 0, 'FORM') && text(bytes, 8, 'AIF')],
  ['caf', (bytes) => text(bytes, 0, 'caff')],
  ['gif', (bytes) => text(bytes, 0, 'GIF8')],
  ['wtv', (bytes) => text(bytes, 0, '\xb7\xd8\x00\x20\x37\x49\xda\x11')],
  ['mp3', (bytes) => text(bytes, 0, 'ID3') || isMp3Frame(bytes)],
  ['aac', (bytes) => bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xf6) === 0xf0],
];

/** Containers that we read ourselves, for those of their files of which we can make nothing. */
const OWN: typeof SIGNATURES = [
  ['mov', (bytes) => ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip'].some((type) => text(bytes, 4, type))],
  ['matroska', (bytes) => text(bytes, 0, '\x1a\x45\xdf\xa3')],
  ['mpegts', (bytes) => isTransport(bytes, 0, 188) || isTransport(bytes, 4, 192)],
];
/** What ffmpeg may know better: a damaged table, a stream that changes on its way. */
const OPEN_CODES = new Set([
  'corrupt',
  'unsupported_codec',
  'unsupported_container',
  'unsupported_edit_list',
]);

/** The demuxer for a file that begins so and could not be indexed for this reason; undefined where nothing helps. */
export function demuxerOf(start: Uint8Array, code: string): Demuxer | undefined {
  const known = OPEN_CODES.has(code) ? [...SIGNATURES, ...OWN] : SIGNATURES;
  return known.find(([, matches]) => matches(start))?.[0];
}

function isTransport(bytes: Uint8Array, at: number, stride: number): boolean {
  return [0, 1, 2].every((n) => bytes[at + n * stride] === 0x47);
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
