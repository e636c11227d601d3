import { viewOf } from './box.ts';
import { crc32 } from './crc32.ts';
import { corrupt, PackagerError } from './error.ts';
import type { AudioTrack, MediaIndex, VideoTrack } from './media-index.ts';
import { readSamples, writeSamples } from './samples-codec.ts';
import { VarintReader, VarintWriter } from './varint.ts';

/**
 * Layout: magic "PTSi", version (1 byte), CRC-32 of the rest (4 bytes), length of the description, the
 * description as JSON, then for each track its configuration, extensions and samples (`samples-codec.ts`).
 */
const MAGIC = 0x50545369;
const VERSION = 3;
const PREFIX_BYTES = 9;

/** Packs an index for storage: about 5 bytes a sample. */
export function encodeIndex(index: MediaIndex): Uint8Array {
  const writer = new VarintWriter();
  writer.raw(new Uint8Array(PREFIX_BYTES));
  const description = new TextEncoder().encode(JSON.stringify(describe(index)));
  writer.unsigned(description.length);
  writer.raw(description);
  for (const track of tracksOf(index)) {
    writeBytes(writer, track.config);
    writeBytes(writer, track.kind === 'video' ? track.extensions : new Uint8Array(0));
    writeSamples(writer, track.samples);
  }
  const bytes = writer.finish().slice();
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC);
  view.setUint8(4, VERSION);
  view.setUint32(5, crc32(bytes.subarray(PREFIX_BYTES)));
  return bytes;
}

/**
 * Unpacks an index. Throws `corrupt` when it is damaged, `outdated_index`
 * when another version wrote it; in both cases the source can be indexed again.
 */
export function decodeIndex(bytes: Uint8Array): MediaIndex {
  const view = viewOf(bytes);
  if (bytes.length <= PREFIX_BYTES || view.getUint32(0) !== MAGIC) throw corrupt('This is no index file.');
  if (view.getUint8(4) !== VERSION) {
    throw new PackagerError('outdated_index', 'The index file is of another version.');
  }
  const body = bytes.subarray(PREFIX_BYTES);
  if (view.getUint32(5) !== crc32(body)) throw corrupt('The index file is damaged.');
  const reader = new VarintReader(body);
  const description = parseDescription(reader.raw(reader.unsigned()));
  const { video, audio, ...rest } = description;
  return {
    ...rest,
    ...(video && { video: readTrack<VideoTrack>(reader, video) }),
    audio: audio.map((track) => readTrack<AudioTrack>(reader, track)),
  };
}

type Described<T extends VideoTrack | AudioTrack> = Omit<T, 'config' | 'extensions' | 'samples'> &
  Pick<T, 'kind'>;
type Description = Omit<MediaIndex, 'video' | 'audio'> & {
  video?: Described<VideoTrack>;
  audio: Described<AudioTrack>[];
};

function describe(index: MediaIndex): Description {
  const { video, audio, ...rest } = index;
  return { ...rest, ...(video && { video: describeTrack(video) }), audio: audio.map(describeTrack) };
}

function describeTrack<T extends VideoTrack | AudioTrack>(track: T): Described<T> {
  return {
    ...track,
    language: track.language ?? undefined,
    config: undefined,
    extensions: undefined,
    samples: undefined,
  };
}

/** The checksum has vouched for the bytes, so only their outline is looked at. */
function parseDescription(bytes: Uint8Array): Description {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === 'object' && value && 'audio' in value && Array.isArray(value.audio)) {
      return value as Description;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw corrupt('The index file is damaged.');
}

function readTrack<T extends VideoTrack | AudioTrack>(reader: VarintReader, description: Described<T>): T {
  const config = readBytes(reader);
  const extensions = readBytes(reader);
  const samples = readSamples(reader);
  const video = description.kind === 'video';
  return { ...description, config, ...(video && { extensions }), samples } as unknown as T;
}

function tracksOf({ video, audio }: MediaIndex): (VideoTrack | AudioTrack)[] {
  return [...(video ? [video] : []), ...audio];
}

function writeBytes(writer: VarintWriter, bytes: Uint8Array): void {
  writer.unsigned(bytes.length);
  writer.raw(bytes);
}

function readBytes(reader: VarintReader): Uint8Array {
  return reader.raw(reader.unsigned()).slice();
}
