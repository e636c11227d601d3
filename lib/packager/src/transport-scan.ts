import { corrupt, PackagerError } from './error.ts';
import { SampleList } from './sample-list.ts';
import type { SampleBudget } from './sample-table.ts';
import { type ByteSource, readExactly } from './source.ts';
import { isScrambled, PACKET_BYTES, type PacketGrid, type Payload, readPacket } from './transport-packet.ts';
import { TransportSound } from './transport-sound.ts';
import { type ProgramStream, TransportTables } from './transport-tables.ts';
import { TransportVideo } from './transport-video.ts';

/** Streams of the first program; those that cannot be passed through have no samples. */
export interface ScannedStream {
  readonly stream: ProgramStream;
  readonly samples: TransportVideo | TransportSound | undefined;
}

/** Packets read at once. */
const PACKETS = 4096;
const MAX_LOST_PACKETS = 1000;
const MAX_STREAMS = 64;
/** Times have 33 bits (ISO/IEC 13818-1 §2.4.3.7). */
const WRAP = 2 ** 33;

/** Reads the file once from front to back; memory grows with its samples only. */
export async function scanTransport(
  source: ByteSource,
  grid: PacketGrid,
  budget: SampleBudget,
): Promise<{ streams: ScannedStream[]; end: number }> {
  const scan = new Scan(budget);
  const { stride, phase } = grid;
  const count = Math.floor((source.size - phase - PACKET_BYTES) / stride) + 1;
  for (let first = 0; first < count; first += PACKETS) {
    const packets = Math.min(PACKETS, count - first);
    const at = phase + first * stride;
    const bytes = await readExactly(source, at, (packets - 1) * stride + PACKET_BYTES);
    for (let i = 0; i < packets; i++) scan.packet(bytes, i * stride, at + i * stride);
  }
  return { streams: scan.finish(), end: phase + (count - 1) * stride + PACKET_BYTES };
}

class Scan {
  readonly #budget: SampleBudget;
  readonly #tables = new TransportTables();
  #streams: ScannedStream[] | undefined;
  readonly #byPid = new Map<number, TransportVideo | TransportSound>();
  #lost = 0;
  #latest: number | undefined;

  constructor(budget: SampleBudget) {
    this.#budget = budget;
  }

  packet(bytes: Uint8Array, at: number, position: number): void {
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

  finish(): ScannedStream[] {
    if (!this.#streams) throw new PackagerError('truncated', 'The file ends before its streams are told.');
    for (const samples of this.#byPid.values()) if (samples instanceof TransportVideo) samples.flush();
    return this.#streams;
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

/** By stream types of ISO/IEC 13818-1 and ATSC A/53, and descriptors of DVB (ETSI EN 300 468). */
function samplesOf({ type, descriptors }: ProgramStream, budget: SampleBudget) {
  const list = new SampleList(budget);
  if (type === 0x1b) return new TransportVideo('avc', list);
  if (type === 0x24) return new TransportVideo('hevc', list);
  if (type === 0x0f) return new TransportSound('aac', list);
  const dolby = type === 0x81 || type === 0x87 || descriptors.includes(0x6a) || descriptors.includes(0x7a);
  return dolby ? new TransportSound('ac3', list) : undefined;
}
