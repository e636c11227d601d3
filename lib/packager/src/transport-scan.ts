import { corrupt, PackagerError } from './error.ts';
import { SampleList } from './sample-list.ts';
import type { SampleBudget } from './sample-table.ts';
import { type ByteSource, readExactly } from './source.ts';
import { TransportMpeg2 } from './transport-mpeg2.ts';
import { isScrambled, PACKET_BYTES, type PacketGrid, type Payload, readPacket } from './transport-packet.ts';
import { TransportSound } from './transport-sound.ts';
import { type ProgramStream, TransportTables } from './transport-tables.ts';
import { TransportVideo } from './transport-video.ts';

/** Streams of the first program; those that cannot be passed through have no samples. */
export interface ScannedStream {
  readonly stream: ProgramStream;
  readonly samples: StreamSamples | undefined;
}

type StreamSamples = TransportVideo | TransportMpeg2 | TransportSound;

/** Packets read at once. */
const PACKETS = 4096;
const MAX_LOST_PACKETS = 1000;
const MAX_STREAMS = 64;
/** Times have 33 bits (ISO/IEC 13818-1 §2.4.3.7). */
const WRAP = 2 ** 33;

/** Reads a stream from front to back; memory grows with its samples only. */
export class PacketScan {
  readonly #grid: PacketGrid;
  readonly #budget: SampleBudget;
  readonly #tables = new TransportTables();
  #streams: ScannedStream[] | undefined;
  readonly #byPid = new Map<number, StreamSamples>();
  #packets = 0;
  #lost = 0;
  #latest: number | undefined;

  constructor(grid: PacketGrid, budget: SampleBudget) {
    this.#grid = grid;
    this.#budget = budget;
  }

  /** The streams of the first program; undefined until they have been told. */
  get streams(): readonly ScannedStream[] | undefined {
    return this.#streams;
  }

  /** Where the last packet that was read ends. */
  get end(): number {
    const { stride, phase } = this.#grid;
    return phase + Math.max(0, this.#packets - 1) * stride + PACKET_BYTES;
  }

  /** Goes on to the last whole packet; when no more will come, the last picture counts as whole. */
  async advance(part: ByteSource, whole: boolean): Promise<void> {
    const { stride, phase } = this.#grid;
    const count = Math.floor((part.size - phase - PACKET_BYTES) / stride) + 1;
    while (this.#packets < count) {
      const packets = Math.min(PACKETS, count - this.#packets);
      const at = phase + this.#packets * stride;
      const bytes = await readExactly(part, at, (packets - 1) * stride + PACKET_BYTES);
      for (let i = 0; i < packets; i++) this.#packet(bytes, i * stride, at + i * stride);
      this.#packets += packets;
    }
    if (!whole) return;
    for (const samples of this.#byPid.values()) if (!(samples instanceof TransportSound)) samples.flush();
  }

  #packet(bytes: Uint8Array, at: number, position: number): void {
    this.#lost = bytes[at] === 0x47 ? 0 : this.#lost + 1;
    if (this.#lost > MAX_LOST_PACKETS) throw corrupt('The transport stream breaks off.');
    const payload = readPacket(bytes, at);
    if (!payload) return;
    if (!this.#streams) this.#readTables(bytes, payload);
    const samples = this.#byPid.get(payload.pid);
    if (!samples) return;
    if (isScrambled(bytes, at))
      throw new PackagerError('unsupported_codec', 'The transport stream is encrypted.');
    samples.push(bytes, payload, position, this.#unroll);
  }

  #readTables(bytes: Uint8Array, payload: Payload): void {
    this.#tables.push(bytes, payload);
    const { streams } = this.#tables;
    if (!streams) return;
    if (streams.length > MAX_STREAMS)
      throw new PackagerError('limits_exceeded', 'The file has too many streams.');
    this.#streams = streams.map((stream) => ({ stream, samples: samplesOf(stream, this.#budget) }));
    for (const { stream, samples } of this.#streams) if (samples) this.#byPid.set(stream.pid, samples);
  }

  /** The time nearest to the one before it that has these 33 bits. */
  readonly #unroll = (time: number): number => {
    const before = this.#latest ?? time;
    this.#latest = time + Math.round((before - time) / WRAP) * WRAP;
    return this.#latest;
  };
}

/** DTS, and its kinds with extensions, as Blu-ray has them. */
const DTS_TYPES = new Set([0x82, 0x85, 0x86, 0x8a]);

/** By stream types of ISO/IEC 13818-1 and ATSC A/53, and descriptors of DVB (ETSI EN 300 468). */
function samplesOf({ type, descriptors }: ProgramStream, budget: SampleBudget): StreamSamples | undefined {
  const list = new SampleList(budget);
  if (type === 0x1b) return new TransportVideo('avc', list);
  if (type === 0x24) return new TransportVideo('hevc', list);
  if (type === 0x01 || type === 0x02) return new TransportMpeg2(list);
  if (type === 0x03 || type === 0x04) return new TransportSound('mpa', list);
  if (type === 0x0f) return new TransportSound('aac', list);
  if (type === 0x11) return new TransportSound('latm', list);
  if (DTS_TYPES.has(type) || descriptors.includes(0x7b)) return new TransportSound('dts', list);
  const dolby = type === 0x81 || type === 0x87 || descriptors.includes(0x6a) || descriptors.includes(0x7a);
  return dolby ? new TransportSound('ac3', list) : undefined;
}
