import { randomFillSync } from 'node:crypto';

/** Where a request stands in a trace (W3C Trace Context, Level 1). */
export interface Trace {
  readonly traceId: string;
  /** The header for the upstream: the same trace, with this hop as the parent. */
  readonly traceparent: string;
  /** Whether the client's own context was taken up, so that its `tracestate` still means something. */
  readonly isContinued: boolean;
}

/** Randomness is asked of the system for many requests at once. */
const pool = Buffer.alloc(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

export function continueTrace(header: string | undefined): Trace {
  const known = TRACEPARENT.exec(header ?? '');
  const traceId = known?.[1] ?? randomHex(16);
  const flags = known?.[2] ?? '00';
  const traceparent = `00-${traceId}-${randomHex(8)}-${flags}`;
  return { traceId, traceparent, isContinued: known !== null };
}
