import { box, uint16, uint32, zeros } from './box-writer.ts';
import { GrowingBytes } from './growing-bytes.ts';
import type { SampleList } from './sample-list.ts';
import { type Payload, readPesHeader } from './transport-packet.ts';
import { MAX_PICTURE_BYTES } from './transport-video.ts';

/** What a sequence header tells (ISO/IEC 13818-2 §6.2.2.1). */
export interface Mpeg2Sequence {
  readonly width: number;
  readonly height: number;
  /** Width of a pixel over its height, as two numbers. */
  readonly aspect: readonly [number, number];
}

const SEQUENCE = 0xb3;
const PICTURE = 0x00;
const INTRA = 1;
/** Shapes of the whole picture by their code (table 6-3); code 1 means square pixels. */
const SHAPES: Partial<Record<number, readonly [number, number]>> = { 2: [4, 3], 3: [16, 9], 4: [221, 100] };

/**
 * Finds the pictures of one stream of MPEG-1 or MPEG-2 video: each begins with a PES packet that has a time and a
 * picture in it; packets without belong to the picture before. Samples are its bytes as they are.
 */
export class TransportMpeg2 {
  readonly stream = 'mpeg2';
  readonly list: SampleList;
  sequence: Mpeg2Sequence | undefined;
  readonly #picture = new GrowingBytes(MAX_PICTURE_BYTES);
  #offset = 0;
  #time: number | undefined;
  /** The packet gathered so far, until it is known to begin a picture. */
  #begun = false;

  constructor(list: SampleList) {
    this.list = list;
  }

  /** Takes the next packet of the stream, which stands in the file at `position`. `clock` unrolls times. */
  push(bytes: Uint8Array, payload: Payload, position: number, clock: (time: number) => number): void {
    let { start } = payload;
    if (payload.opens) {
      const header = readPesHeader(bytes, payload);
      if (!header) return;
      start = header.start;
      if (header.time !== undefined) {
        this.flush();
        this.#begun = true;
        this.#offset = position;
        this.#time = clock(header.time);
      }
    }
    if (this.#begun) this.#picture.add(bytes.subarray(start, payload.end));
  }

  /** Lists the picture that has been gathered. */
  flush(): void {
    const { bytes } = this.#picture;
    this.#begun = false;
    if (bytes.length > 0 && this.#time !== undefined) this.#add(bytes, this.#time);
    this.#picture.clear();
  }

  #add(bytes: Uint8Array, time: number): void {
    let [isSequence, isIntra] = [false, false];
    for (let at = bytes.indexOf(1, 2); at >= 0; at = bytes.indexOf(1, at + 1)) {
      if (bytes[at - 1] !== 0 || bytes[at - 2] !== 0) continue;
      const code = bytes[at + 1];
      if (code === SEQUENCE) {
        this.sequence ??= readSequence(bytes.subarray(at + 2));
        isSequence = true;
      }
      if (code !== PICTURE) continue;
      isIntra = (((bytes[at + 3] ?? 0) >> 3) & 7) === INTRA;
      break;
    }
    if (this.sequence) this.list.add(this.#offset, bytes.length, time, isSequence && isIntra);
  }
}

function readSequence([a = 0, b = 0, c = 0, d = 0]: Uint8Array): Mpeg2Sequence | undefined {
  const width = (a << 4) | (b >> 4);
  const height = ((b & 15) << 8) | c;
  if (width === 0 || height === 0) return undefined;
  const shape = SHAPES[d >> 4];
  return { width, height, aspect: shape ? [shape[0] * height, shape[1] * width] : [1, 1] };
}

/** The sample entry that QuickTime has for such video. */
export function mpeg2Entry({ width, height }: Mpeg2Sequence): Uint8Array {
  return box(
    'm2v1',
    zeros(6),
    uint16(1),
    zeros(16),
    uint16(width, height),
    uint32(0x480000, 0x480000, 0),
    uint16(1),
    zeros(32),
    uint16(24, 0xffff),
  );
}
