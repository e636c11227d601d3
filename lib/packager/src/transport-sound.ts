import { ADTS_HEADER_BYTES, readAdtsFrame } from './adts.ts';
import { type AudioDescription, describeAac, describeAudio } from './audio-entry.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { mpegAudioEntry, readMpegAudioFrame } from './mpeg-audio.ts';
import type { SampleList } from './sample-list.ts';
import { readDolbyFrame } from './sound-config.ts';
import { type Payload, readPesHeader } from './transport-packet.ts';

const MAX_PENDING = 1024 * 1024;

/** A frame of sound at the start of some bytes. */
interface Frame {
  /** Bytes in front of what decoders of MP4 take. */
  readonly skip: number;
  readonly size: number;
  readonly describe: () => AudioDescription & { packet: number };
}

/** Where the bytes of a packet stand, both in the file and in those not yet used. */
interface Mark {
  at: number;
  readonly position: number;
}

/** Finds the frames of one sound stream, wherever packets cut them. */
export class TransportSound {
  readonly stream: 'aac' | 'ac3' | 'mpa';
  readonly list: SampleList;
  /** What the first frame tells; those that tell otherwise are passed over. */
  description: (AudioDescription & { packet: number }) | undefined;
  readonly #pending = new GrowingBytes(MAX_PENDING);
  #marks: Mark[] = [];
  /** Time told by a PES packet, and from which unused byte on it holds. */
  #told: { at: number; time: number } | undefined;

  constructor(stream: 'aac' | 'ac3' | 'mpa', list: SampleList) {
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
    while (at + 8 <= bytes.length) {
      const frame = this.#frame(bytes.subarray(at));
      if (!frame) {
        at++;
        continue;
      }
      if (at + frame.size > bytes.length) break;
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
    if (bytes.length < ADTS_HEADER_BYTES) return undefined;
    const frame = FRAMES[this.stream](bytes);
    if (!frame || !this.description || this.list.count === 0) return frame;
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

const FRAMES = { aac: aacFrame, ac3: dolbyFrame, mpa: mpegFrame };

function aacFrame(bytes: Uint8Array): Frame | undefined {
  const frame = readAdtsFrame(bytes);
  if (!frame) return undefined;
  const describe = () => ({ ...describeAac(frame.config, 2), packet: 1024 });
  return { skip: frame.headerBytes, size: frame.size, describe };
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
