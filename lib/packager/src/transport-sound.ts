import { readAdtsFrame } from './adts.ts';
import { type AudioDescription, describeAac, describeAudio } from './audio-entry.ts';
import { DTS_HEADER_BYTES, dtsEntry, readDtsFrame } from './dts.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { readLatmFrame } from './latm.ts';
import { mpegAudioEntry, readMpegAudioFrame } from './mpeg-audio.ts';
import type { SampleList } from './sample-list.ts';
import { readDolbyFrame } from './sound-config.ts';
import { type Payload, readPesHeader } from './transport-packet.ts';

const MAX_PENDING = 1024 * 1024;
/** Bytes in which every kind of frame tells what it is. */
const HEADER_BYTES = DTS_HEADER_BYTES;

/** A frame of sound at the start of some bytes. */
interface Frame {
  /** Bytes in front of what decoders of MP4 take. */
  readonly skip: number;
  readonly size: number;
  /** Absent for one that only adds to the frame before it, and is left out. */
  readonly describe?: () => Description;
}

type Description = AudioDescription & { packet: number };
type Stream = 'aac' | 'latm' | 'ac3' | 'mpa' | 'dts';

/** Where the bytes of a packet stand, both in the file and in those not yet used. */
interface Mark {
  at: number;
  readonly position: number;
}

/** Finds the frames of one sound stream, wherever packets cut them. */
export class TransportSound {
  readonly stream: Stream;
  readonly list: SampleList;
  /** What the first frame tells; those that tell otherwise are passed over. */
  description: Description | undefined;
  readonly #pending = new GrowingBytes(MAX_PENDING);
  #marks: Mark[] = [];
  /** Time told by a PES packet, and from which unused byte on it holds. */
  #told: { at: number; time: number } | undefined;

  constructor(stream: Stream, list: SampleList) {
    this.stream = stream;
    this.list = list;
  }

  /** Takes the next packet of the stream, which stands in the file at `position`. `clock` unrolls times. */
  push(bytes: Uint8Array, payload: Payload, position: number, clock: (time: number) => number): void {
    let { start } = payload;
    if (payload.opens) {
      const header = readPesHeader(bytes, payload);
      if (!header) return;
      start = header.start;
      if (header.time !== undefined) this.#told = { at: this.#pending.length, time: clock(header.time) };
    } else if (this.list.count === 0 && this.#pending.length === 0) return;
    this.#marks.push({ at: this.#pending.length, position: position + start - this.#packetStart(payload) });
    this.#pending.add(bytes.subarray(start, payload.end));
    this.#take();
  }

  /** Payloads end where their packets do. */
  #packetStart({ end }: Payload): number {
    return end - 188;
  }

  #take(): void {
    const { bytes } = this.#pending;
    let at = 0;
    while (at + HEADER_BYTES <= bytes.length) {
      const frame = this.#frame(bytes.subarray(at));
      if (!frame) {
        at++;
        continue;
      }
      if (at + frame.size > bytes.length) break;
      if (!frame.describe) {
        at += frame.size;
        continue;
      }
      this.description ??= frame.describe();
      const told = this.#told && this.#told.at <= at ? this.#told.time : Number.NaN;
      if (!Number.isNaN(told)) this.#told = undefined;
      if (this.list.count > 0 || !Number.isNaN(told)) {
        this.list.add(this.#positionOf(at), frame.size - frame.skip, told, true);
      }
      at += frame.size;
    }
    this.#drop(at);
  }

  #frame(bytes: Uint8Array): Frame | undefined {
    const frame = FRAMES[this.stream](bytes, this.description);
    if (!frame?.describe || !this.description || this.list.count === 0) return frame;
    const { config } = frame.describe();
    return Buffer.compare(config, this.description.config) === 0 ? frame : undefined;
  }

  #positionOf(at: number): number {
    const mark = this.#marks.findLast((candidate) => candidate.at <= at);
    return mark ? mark.position + at - mark.at : 0;
  }

  #drop(count: number): void {
    this.#pending.drop(count);
    const first = this.#marks.findLastIndex((mark) => mark.at <= count);
    this.#marks = this.#marks.slice(Math.max(0, first));
    for (const mark of this.#marks) mark.at -= count;
    if (this.#told) this.#told.at -= count;
  }
}

const FRAMES: Readonly<
  Record<Stream, (bytes: Uint8Array, known: Description | undefined) => Frame | undefined>
> = { aac: aacFrame, latm: latmFrame, ac3: dolbyFrame, mpa: mpegFrame, dts: dtsFrame };

function aacFrame(bytes: Uint8Array): Frame | undefined {
  const frame = readAdtsFrame(bytes);
  if (!frame) return undefined;
  const describe = () => ({ ...describeAac(frame.config, 2), packet: 1024 });
  return { skip: frame.headerBytes, size: frame.size, describe };
}

/** Most frames do not repeat their configuration. */
function latmFrame(bytes: Uint8Array, known: Description | undefined): Frame | undefined {
  const frame = readLatmFrame(bytes);
  const config = frame?.config ?? known?.config;
  if (!frame || !config) return undefined;
  const described = describeAac(config, 2);
  // with SBR a frame has twice the samples at the rate that is told
  const packet = described.codec === 'mp4a.40.2' ? 1024 : 2048;
  return { skip: frame.size - frame.payload, size: frame.size, describe: () => ({ ...described, packet }) };
}

function dtsFrame(bytes: Uint8Array): Frame | undefined {
  const frame = readDtsFrame(bytes);
  const core = frame?.core;
  if (!frame || !core) return frame && { skip: 0, size: frame.size };
  const { length: packet, channels, sampleRate } = core;
  const described = { codec: 'dts', browser: 'no', format: 'sample-entry', channels, sampleRate } as const;
  return { skip: 0, size: frame.size, describe: () => ({ ...described, config: dtsEntry(core), packet }) };
}

function dolbyFrame(bytes: Uint8Array): Frame | undefined {
  const frame = readDolbyFrame(bytes);
  if (!frame) return undefined;
  const describe = () => ({ ...describeAudio(frame.format, frame.config), packet: frame.length });
  return { skip: 0, size: frame.size, describe };
}

function mpegFrame(bytes: Uint8Array): Frame | undefined {
  const frame = readMpegAudioFrame(bytes);
  if (!frame) return undefined;
  const { layer, size, length, channels, sampleRate } = frame;
  const codec = layer === 3 ? 'mp3' : 'mp2';
  const described = { codec, browser: 'no', format: 'sample-entry', channels, sampleRate } as const;
  return { skip: 0, size, describe: () => ({ ...described, config: mpegAudioEntry(frame), packet: length }) };
}
