import { ascii, type BoxContent, join, uint8, uint16 } from './box-writer.ts';
import { childElements, ID, readUnsigned } from './ebml.ts';
import { corrupt } from './error.ts';
import type { FragmentSpan } from './fragment.ts';
import type { AudioTrack, VideoTrack } from './media-index.ts';

/** Nanoseconds of a tick of what we write. */
const TICK = 1000;
const TRACK_NUMBER = 0xd7;
const KEY = 0x80;

/** Everything in front of the first cluster (RFC 9559 §4, §5): one track, described as the original did. */
export function matroskaHeader(track: VideoTrack | AudioTrack): Uint8Array {
  const head = element(ID.header, [element(ID.docType, ascii('matroska')), element(0x4287, uint8(4))]);
  const info = element(ID.info, element(ID.timestampScale, unsigned(TICK)));
  const tracks = element(ID.tracks, element(ID.trackEntry, track.config));
  return join([head, uint8(...idBytes(ID.segment)), openSize(), info, tracks]);
}

/** The samples of a span, whose bytes stand behind one another in `media`, each in a cluster of its own. */
export function matroskaCluster(
  track: VideoTrack | AudioTrack,
  { first, last }: FragmentSpan,
  media: Uint8Array,
): Uint8Array {
  const { samples, timescale, config } = track;
  const number = trackNumber(config);
  const sync = samples.sync && new Set(samples.sync.filter((sample) => sample >= first && sample < last));
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (let i = first; i < last; i++) {
    const length = samples.size[i] as number;
    const time = (samples.decode[i] as number) + (samples.composition?.[i] ?? 0);
    const ticks = Math.max(0, Math.round((time * (1e9 / TICK)) / timescale));
    const flags = !sync || sync.has(i) ? KEY : 0;
    const block = [number, uint16(0), uint8(flags), media.subarray(at, at + length)];
    pieces.push(
      element(ID.cluster, [element(ID.clusterTimestamp, unsigned(ticks)), element(ID.simpleBlock, block)]),
    );
    at += length;
  }
  return join(pieces);
}

/** The track's own number as a block names it: a size-like integer (RFC 9559 §10.1). */
function trackNumber(entry: Uint8Array): Uint8Array {
  const found = childElements(entry, 0, entry.length).find(({ id }) => id === TRACK_NUMBER);
  const number = found ? readUnsigned(entry, found) : 0;
  if (number < 1 || number >= 2 ** 27) throw corrupt('A track has no number.');
  return sized(number);
}

function element(id: number, content: BoxContent): Uint8Array {
  const body = join([content]);
  return join([uint8(...idBytes(id)), sized(body.length), body]);
}

function idBytes(id: number): number[] {
  const bytes: number[] = [];
  for (let rest = id; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

/** A number below 2^49 as a variable-length integer (RFC 8794 §4), in one, four or seven bytes. */
function sized(value: number): Uint8Array {
  if (value < 127) return uint8(0x80 | value);
  const length = value < 2 ** 28 - 1 ? 4 : 7;
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[0] = (bytes[0] as number) | (1 << (8 - length));
  return bytes;
}

/** "Until the end of the file". */
function openSize(): Uint8Array {
  return uint8(0x01, 255, 255, 255, 255, 255, 255, 255);
}

function unsigned(value: number): Uint8Array {
  return uint8(...(value === 0 ? [0] : idBytes(value)));
}
