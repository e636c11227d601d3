import { isDelimiter, nalUnits, unitType } from './annex-b.ts';
import { PackagerError } from './error.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { avcPicture, hevcPicture } from './key-frames.ts';
import { isComplete, isParameterSet, isSequence } from './parameter-sets.ts';
import type { SampleList } from './sample-list.ts';
import { type Payload, readPesHeader } from './transport-packet.ts';

/** A picture larger than this is no picture. */
export const MAX_PICTURE_BYTES = 64 * 1024 * 1024;
const AVC_SEI = 6;
const RECOVERY_POINT = 6;
const HEVC_SLICES = 32;

/** Finds the pictures of one video stream: each PES packet is one, and becomes one sample. */
export class TransportVideo {
  readonly stream: 'avc' | 'hevc';
  readonly list: SampleList;
  /** The parameter sets in front of the first picture that has all of them. */
  readonly sets = new Map<number, Uint8Array[]>();
  readonly #picture = new GrowingBytes(MAX_PICTURE_BYTES);
  #offset = 0;
  #time: number | undefined;
  #open = false;

  constructor(stream: 'avc' | 'hevc', list: SampleList) {
    this.stream = stream;
    this.list = list;
  }

  /** Takes the next packet of the stream, which stands in the file at `position`. `clock` unrolls times. */
  push(bytes: Uint8Array, payload: Payload, position: number, clock: (time: number) => number): void {
    let { start } = payload;
    if (payload.opens) {
      this.flush();
      const header = readPesHeader(bytes, payload);
      this.#open = header !== undefined;
      if (!header) return;
      start = header.start;
      this.#offset = position;
      this.#time = header.time === undefined ? undefined : clock(header.time);
    }
    if (this.#open) this.#picture.add(bytes.subarray(start, payload.end));
  }

  /** Lists the picture that has been gathered. Throws when it is not exactly one, or has no time. */
  flush(): void {
    const { bytes } = this.#picture;
    this.#picture.clear();
    if (!this.#open || bytes.length === 0) return;
    this.#open = false;
    const { size, key, pictures } = this.#look(bytes);
    if (pictures === 0 || !isComplete(this.sets, this.stream)) return;
    if (this.#time === undefined || pictures > 1) {
      throw new PackagerError(
        'unsupported_container',
        'The transport stream does not keep its pictures apart.',
      );
    }
    this.list.add(this.#offset, size, this.#time, key);
  }

  #look(bytes: Uint8Array) {
    const { stream } = this;
    const collecting = !isComplete(this.sets, stream);
    let [size, delimiters, slices] = [0, 0, 0];
    let [random, intra] = [false, false];
    for (const unit of nalUnits(bytes)) {
      const type = unitType(bytes, unit, stream);
      const body = bytes.subarray(unit.start, unit.end);
      if (type === (stream === 'avc' ? 9 : 35)) delimiters++;
      if (isDelimiter(type, stream)) continue;
      size += 4 + body.length;
      if (isParameterSet(type, stream)) this.#keep(type, body, collecting);
      random ||= stream === 'avc' && (isSequence(type, stream) || isRecoveryPoint(type, body));
      const kind = slices === 0 ? this.#kind(body) : undefined;
      if (kind !== undefined) {
        intra = kind;
        random ||= stream === 'hevc' || type === 5;
      }
      if (stream === 'avc' ? type >= 1 && type <= 5 : type < HEVC_SLICES) slices++;
    }
    return { size, key: intra && random, pictures: slices === 0 ? 0 : Math.max(1, delimiters) };
  }

  #kind(unit: Uint8Array): boolean | undefined {
    try {
      return this.stream === 'avc' ? avcPicture(unit) : hevcPicture(unit);
    } catch (error) {
      if (error instanceof PackagerError) return false; // a damaged slice is nothing to begin with
      throw error;
    }
  }

  #keep(type: number, unit: Uint8Array, collecting: boolean): void {
    const known = this.sets.get(type) ?? [];
    if (known.some((set) => Buffer.compare(set, unit) === 0)) return;
    if (collecting && known.length < 31) this.sets.set(type, [...known, unit.slice()]);
    else if (isSequence(type, this.stream)) {
      throw new PackagerError('unsupported_codec', 'The video changes its coding parameters on the way.');
    }
  }
}

/** Whether the first message of a unit says that decoding can begin here (ISO/IEC 14496-10 §D.2.8). */
function isRecoveryPoint(type: number, unit: Uint8Array): boolean {
  return type === AVC_SEI && unit[1] === RECOVERY_POINT;
}
