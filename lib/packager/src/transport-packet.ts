/** Where packets of a transport stream stand in a file. */
export interface PacketGrid {
  /** 188, or 192 where each packet carries its time in front (Blu-ray, AVCHD). */
  readonly stride: 188 | 192;
  /** Position of the first sync byte. */
  readonly phase: number;
}

/** A packet's payload inside a buffer. */
export interface Payload {
  readonly pid: number;
  /** Whether a table or a PES packet begins in it. */
  readonly opens: boolean;
  readonly start: number;
  readonly end: number;
}

export const PACKET_BYTES = 188;
const SYNC = 0x47;
/** Sync bytes that must stand in a row before a file counts as a transport stream. */
const IN_A_ROW = 4;

/** Finds the packets from a file's first bytes; nothing when it is no transport stream. */
export function findGrid(bytes: Uint8Array): PacketGrid | undefined {
  for (const stride of [188, 192] as const) {
    const first = stride === 188 ? 0 : 4;
    for (let phase = first; phase < first + stride; phase++) {
      let row = 0;
      while (row < IN_A_ROW && bytes[phase + row * stride] === SYNC) row++;
      if (row === IN_A_ROW) return { stride, phase };
    }
  }
  return undefined;
}

/** Reads the packet whose sync byte is at `at` (ISO/IEC 13818-1 §2.4.3.2); nothing when it has no payload to use. */
export function readPacket(bytes: Uint8Array, at: number): Payload | undefined {
  const [sync, high = 0, low = 0, flags = 0, adaptation = 0] = bytes.subarray(at, at + 5);
  const end = at + PACKET_BYTES;
  if (sync !== SYNC || high & 0x80 || end > bytes.length) return undefined;
  const start = at + 4 + (flags & 0x20 ? 1 + adaptation : 0);
  if (!(flags & 0x10) || start >= end) return undefined;
  return { pid: ((high & 31) << 8) | low, opens: (high & 0x40) !== 0, start, end };
}

/** Whether a packet's payload is scrambled. */
export function isScrambled(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at + 3] ?? 0) & 0xc0) !== 0;
}

/** Start of the payload and the presentation time, 90 kHz, of a PES packet (§2.4.3.6). */
export function readPesHeader(
  bytes: Uint8Array,
  { start, end }: Payload,
): { start: number; time: number | undefined } | undefined {
  if (end - start < 9 || bytes[start] !== 0 || bytes[start + 1] !== 0 || bytes[start + 2] !== 1)
    return undefined;
  const payload = start + 9 + (bytes[start + 8] as number);
  if (payload > end) return undefined;
  if (!((bytes[start + 7] as number) & 0x80) || payload < start + 14)
    return { start: payload, time: undefined };
  const [a, b, c, d, e] = bytes.subarray(start + 9, start + 14) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  const time = ((a >> 1) & 7) * 2 ** 30 + ((b << 22) | ((c >> 1) << 15) | (d << 7) | (e >> 1));
  return { start: payload, time };
}
