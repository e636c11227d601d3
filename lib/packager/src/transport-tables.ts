import { GrowingBytes } from './growing-bytes.ts';
import type { Payload } from './transport-packet.ts';

/** One elementary stream of a program. */
export interface ProgramStream {
  readonly pid: number;
  /** ISO/IEC 13818-1 table 2-34. */
  readonly type: number;
  readonly language: string | undefined;
  /** Tags of its descriptors. */
  readonly descriptors: readonly number[];
}

const MAX_SECTION = 4096;
const LANGUAGE = 0x0a;

/** Gathers the two tables that name the streams of the first program (§2.4.4). */
export class TransportTables {
  #mapPid: number | undefined;
  #streams: readonly ProgramStream[] | undefined;
  readonly #section = new GrowingBytes(MAX_SECTION + 512);

  /** Known once the program map has arrived. */
  get streams(): readonly ProgramStream[] | undefined {
    return this.#streams;
  }

  push(bytes: Uint8Array, payload: Payload): void {
    if (this.#streams || payload.pid !== (this.#mapPid ?? 0)) return;
    const pointer = bytes[payload.start] as number;
    if (payload.opens) this.#section.clear();
    else if (this.#section.length === 0) return;
    if (this.#section.length > MAX_SECTION) return;
    this.#section.add(
      bytes.subarray(Math.min(payload.end, payload.start + (payload.opens ? 1 + pointer : 0)), payload.end),
    );
    const section = this.#section.bytes;
    const length = 3 + ((((section[1] ?? 0) & 15) << 8) | (section[2] ?? 0));
    if (section.length < 12 || section.length < length) return;
    if (this.#mapPid === undefined && section[0] === 0) this.#mapPid = firstProgram(section, length - 4);
    else if (section[0] === 2) this.#streams = streamsOf(section, length - 4);
    this.#section.clear();
  }
}

function firstProgram(section: Uint8Array, end: number): number | undefined {
  for (let at = 8; at + 4 <= end; at += 4) {
    const program = (at0(section, at) << 8) | at0(section, at + 1);
    if (program !== 0) return ((at0(section, at + 2) & 31) << 8) | at0(section, at + 3);
  }
  return undefined;
}

function streamsOf(section: Uint8Array, end: number): ProgramStream[] {
  const streams: ProgramStream[] = [];
  let at = 12 + (((at0(section, 10) & 15) << 8) | at0(section, 11));
  while (at + 5 <= end) {
    const pid = ((at0(section, at + 1) & 31) << 8) | at0(section, at + 2);
    const infoEnd = Math.min(end, at + 5 + (((at0(section, at + 3) & 15) << 8) | at0(section, at + 4)));
    const stream = { pid, type: at0(section, at), ...descriptorsOf(section, at + 5, infoEnd) };
    streams.push(stream);
    at = infoEnd;
  }
  return streams;
}

function descriptorsOf(section: Uint8Array, start: number, end: number) {
  const descriptors: number[] = [];
  let language: string | undefined;
  for (let at = start; at + 2 <= end; at += 2 + at0(section, at + 1)) {
    const tag = at0(section, at);
    descriptors.push(tag);
    const code = String.fromCharCode(...section.subarray(at + 2, at + 5)).toLowerCase();
    if (tag === LANGUAGE && /^[a-z]{3}$/.test(code) && code !== 'und')
      language = Intl.getCanonicalLocales(code)[0];
  }
  return { descriptors, language };
}

function at0(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
