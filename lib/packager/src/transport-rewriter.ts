import { readAdtsFrame } from './adts.ts';
import { lengthPrefixed } from './annex-b.ts';
import { corrupt } from './error.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { copyLatmPayload, LATM_OVERHEAD, readLatmFrame } from './latm.ts';
import type { Samples, TransportRewrite } from './media-index.ts';
import { PACKET_BYTES, readPacket, readPesHeader } from './transport-packet.ts';
import { MAX_PICTURE_BYTES } from './transport-video.ts';

/** How the media of one segment is made from one stretch of a transport stream. */
export interface TransportSpan {
  readonly rewrite: TransportRewrite;
  /** The stretch: from the sync byte of a packet to the end of one. */
  readonly start: number;
  readonly end: number;
  /** For each sample where it begins in the file, and its bytes in the segment. */
  readonly offset: Float64Array;
  readonly size: Uint32Array;
}

/** The stretch of the original that holds the samples from `first` up to but not including `last`. */
export function transportSpan(
  { offset, size, count }: Samples,
  rewrite: TransportRewrite,
  first: number,
  last: number,
): TransportSpan {
  const { stride, phase } = rewrite;
  const packet = (at: number) => phase + Math.floor((at - phase) / stride) * stride;
  const end = last < count ? packet(offset[last] as number) + PACKET_BYTES : rewrite.end;
  const start = packet(offset[first] as number);
  return { rewrite, start, end, offset: offset.subarray(first, last), size: size.subarray(first, last) };
}

/**
 * Writes the samples of a segment behind one another as MP4 has them: pictures with lengths in place of start
 * codes, sound without frame headers. `bytes` are those of the span. Throws `corrupt` when they are not what
 * was indexed.
 */
export function rewriteTransport(bytes: Uint8Array, span: TransportSpan, target: Uint8Array): void {
  const { stream } = span.rewrite;
  const written =
    stream === 'avc' || stream === 'hevc'
      ? rewritePictures(bytes, span, stream, target)
      : stream === 'mpeg2'
        ? gatherPictures(bytes, span, target)
        : rewriteSound(bytes, span, target);
  if (written !== target.length) throw changed();
}

function rewritePictures(
  bytes: Uint8Array,
  span: TransportSpan,
  stream: 'avc' | 'hevc',
  target: Uint8Array,
): number {
  const picture = new GrowingBytes(MAX_PICTURE_BYTES);
  let sample = -1;
  let open = false;
  let at = 0;
  const close = () => {
    if (!open) return;
    const next = lengthPrefixed(picture.bytes, stream, target, at);
    if (next - at !== span.size[sample]) throw changed();
    at = next;
    open = false;
  };
  for (const { payload, position } of packetsOf(bytes, span)) {
    let { start } = payload;
    if (payload.opens) {
      close();
      if (position === span.offset[sample + 1]) {
        sample++;
        picture.clear();
        open = true;
        start = readPesHeader(bytes, payload)?.start ?? payload.end;
      }
    }
    if (open) picture.add(bytes.subarray(start, payload.end));
  }
  close();
  return at;
}

/** Pictures that stay as they are: all that comes until the next one begins. */
function gatherPictures(bytes: Uint8Array, span: TransportSpan, target: Uint8Array): number {
  let sample = -1;
  let at = 0;
  let end = 0;
  for (const { payload, position } of packetsOf(bytes, span)) {
    if (payload.opens && position === span.offset[sample + 1]) {
      if (at !== end) throw changed();
      sample++;
      end = at + (span.size[sample] as number);
    }
    if (sample < 0) continue;
    const start = payload.opens ? (readPesHeader(bytes, payload)?.start ?? payload.end) : payload.start;
    // what follows the last picture of all need not be a part of it
    const piece = bytes.subarray(start, Math.min(payload.end, start + end - at));
    target.set(piece, at);
    at += piece.length;
  }
  return at;
}

function rewriteSound(bytes: Uint8Array, span: TransportSpan, target: Uint8Array): number {
  const pieces = Array.from(packetsOf(bytes, span), ({ payload }) => {
    const start = payload.opens ? (readPesHeader(bytes, payload)?.start ?? payload.end) : payload.start;
    return { start, end: payload.end };
  });
  let piece = 0;
  let at = 0;
  for (const [i, offset] of span.offset.entries()) {
    const from = offset - span.start;
    while (piece < pieces.length && (pieces[piece]?.end ?? 0) <= from) piece++;
    const size = span.size[i] as number;
    const frame = gather(bytes, pieces, piece, from, size + LATM_OVERHEAD);
    if (span.rewrite.stream === 'latm') {
      at = unwrap(frame, size, target, at);
      continue;
    }
    const skip = span.rewrite.stream === 'aac' ? readAdtsFrame(frame)?.headerBytes : 0;
    if (skip === undefined || frame.length < skip + size || at + size > target.length) throw changed();
    target.set(frame.subarray(skip, skip + size), at);
    at += size;
  }
  return at;
}

/** Writes the AAC of a frame of LATM; where the next one goes. */
function unwrap(bytes: Uint8Array, size: number, target: Uint8Array, at: number): number {
  const frame = readLatmFrame(bytes);
  if (frame?.payload !== size || at + size > target.length) throw changed();
  copyLatmPayload(bytes, frame, target.subarray(at, at + size));
  return at + size;
}

/** Up to `length` bytes of payload from `from` on, which lies in the piece of this number. */
function gather(
  bytes: Uint8Array,
  pieces: readonly { start: number; end: number }[],
  piece: number,
  from: number,
  length: number,
): Uint8Array {
  const gathered = new Uint8Array(length);
  let at = 0;
  for (let i = piece; i < pieces.length && at < length; i++) {
    const { start, end } = pieces[i] as { start: number; end: number };
    const first = Math.max(start, from);
    const part = bytes.subarray(first, Math.min(end, first + length - at));
    gathered.set(part, at);
    at += part.length;
  }
  return gathered.subarray(0, at);
}

function* packetsOf(bytes: Uint8Array, { rewrite, start }: TransportSpan) {
  for (let at = 0; at + PACKET_BYTES <= bytes.length; at += rewrite.stride) {
    const payload = readPacket(bytes, at);
    if (payload?.pid === rewrite.pid) yield { payload, position: start + at };
  }
}

function changed() {
  return corrupt('The file is not the one that was indexed.');
}
