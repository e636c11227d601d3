import { PackagerError } from './error.ts';
import type { SegmentPlan } from './fragment.ts';
import { type ByteSource, readExactly } from './source.ts';
import { rewriteTransport, type TransportSpan } from './transport-rewriter.ts';

type Range = SegmentPlan['ranges'][number];

/** One read of the original that serves several ranges: what lies between them is read and dropped. */
interface Span {
  readonly offset: number;
  readonly length: number;
  readonly ranges: readonly Range[];
  /** Bytes of its ranges. */
  readonly useful: number;
}

/** Skipping less than this costs more than reading it, on disk and far more so over a network. */
const MAX_GAP = 128 * 1024;
/** A span is read whole into memory, so it has an end. */
const MAX_SPAN = 16 * 1024 * 1024;
/** Larger segments must be streamed from their plan by whoever wants them. */
const MAX_SEGMENT = 1024 * 1024 * 1024;

/** Reads under way at once when a segment is scattered over the original; matters on remote storage. */
const PARALLEL_READS = 8;

/**
 * One whole segment: header and media bytes. Ranges that lie close together share a read. Throws
 * `limits_exceeded` beyond 1 GB, `corrupt` when a rewritten source has changed, `truncated` when the source has fewer bytes than it had when indexed.
 */
export async function readSegment(source: ByteSource, plan: SegmentPlan): Promise<Uint8Array> {
  if (plan.size > MAX_SEGMENT) throw new PackagerError('limits_exceeded', 'The segment is too large.');
  if (plan.rewrite) return readRewritten(source, plan, plan.rewrite);
  const spans = mergeRanges(plan.ranges);
  const single = spans.length === 1 ? spans[0] : undefined;
  const room = single && source.readInto && isDense(single) ? plan.header.length + single.length : 0;
  const bytes = Buffer.allocUnsafe(Math.max(plan.size, room));
  bytes.set(plan.header);
  if (single) await readSpan(source, single, bytes, plan.header.length);
  else await readScattered(source, spans, bytes, plan.header.length);
  return bytes.length === plan.size ? bytes : bytes.subarray(0, plan.size);
}

async function readRewritten(
  source: ByteSource,
  plan: SegmentPlan,
  span: TransportSpan,
): Promise<Uint8Array> {
  const length = span.end - span.start;
  if (length > MAX_SEGMENT) throw new PackagerError('limits_exceeded', 'The segment is too large.');
  const original = await readExactly(source, span.start, length);
  const bytes = Buffer.allocUnsafe(plan.size);
  bytes.set(plan.header);
  rewriteTransport(original, span, bytes.subarray(plan.header.length));
  return bytes;
}

async function readScattered(source: ByteSource, spans: readonly Span[], bytes: Buffer, start: number) {
  const work = spans.values();
  let at = start;
  const worker = async () => {
    for (const span of work) {
      const place = at;
      at += span.useful;
      await readSpan(source, span, bytes.subarray(place, place + span.useful), 0);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_READS, spans.length) }, worker));
}

/** Groups ranges that follow one another at less than `MAX_GAP` into spans. */
export function mergeRanges(ranges: readonly Range[]): Span[] {
  const spans: Span[] = [];
  let group: Range[] = [];
  let end = 0;
  const close = () => {
    const first = group[0];
    if (!first) return;
    const useful = group.reduce((sum, range) => sum + range.length, 0);
    spans.push({ offset: first.offset, length: end - first.offset, ranges: group, useful });
    group = [];
  };
  for (const range of ranges) {
    const first = group[0];
    const next = range.offset + range.length;
    const joins =
      first && range.offset >= end && range.offset - end <= MAX_GAP && next - first.offset <= MAX_SPAN;
    if (!joins) close();
    group.push(range);
    end = next;
  }
  close();
  return spans;
}

/** Whether a span is mostly wanted bytes, so that it can be read in place and closed up. */
function isDense(span: Span): boolean {
  return span.length <= span.useful * 1.25;
}

/** In place where there is room for what lies between the ranges, else through a buffer of its own. */
async function readSpan(source: ByteSource, span: Span, bytes: Buffer, at: number): Promise<void> {
  if (source.readInto && isDense(span) && at + span.length <= bytes.length) {
    await source.readInto(span.offset, bytes.subarray(at, at + span.length));
    closeUp(span, bytes, at);
    return;
  }
  const read = await readExactly(source, span.offset, span.length);
  let to = at;
  for (const { offset, length } of span.ranges) {
    const from = offset - span.offset;
    bytes.set(read.subarray(from, from + length), to);
    to += length;
  }
}

/** Moves the ranges of a span, read in place, next to each other. */
function closeUp(span: Span, bytes: Buffer, at: number): void {
  let to = at;
  for (const { offset, length } of span.ranges) {
    const from = at + offset - span.offset;
    if (from !== to) bytes.copyWithin(to, from, from + length);
    to += length;
  }
}
