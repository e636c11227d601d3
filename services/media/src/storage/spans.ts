import type { Storage } from './storage.ts';

/** Bytes of an object that are here or on their way. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly bytes: Promise<Uint8Array>;
  usedAt: number;
}

/** A longer stretch is not fetched in advance: it would have to be held in memory. */
const LONGEST = 24 * 1024 * 1024;
/** All spans together; those in use are not counted out. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Picture and sound of one time are asked for at almost the same moment. */
const KEPT_MS = 8000;

/**
 * Stretches of remote objects that are about to be read piece by piece: a segment's picture lies scattered
 * between its sound, and both lie in the same stretch of the file, which is fetched by one request.
 */
export class Spans {
  readonly #remote: Storage;
  readonly #spans = new Map<string, Span[]>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(remote: Storage) {
    this.#remote = remote;
  }

  /** Fetches what is missing of a stretch, by at most one request. Never rejects: who reads, learns it. */
  expect(name: string, start: number, end: number): void {
    if (end - start > LONGEST || start >= end) return;
    const known = this.#spans.get(name) ?? [];
    const [from, to] = missing(known, start, end);
    if (from >= to) return;
    const bytes = this.#fetch(name, from, to);
    const span: Span = { start: from, end: to, bytes, usedAt: performance.now() };
    bytes.catch(() => this.#drop(name, span));
    this.#spans.set(name, [...known, span]);
    this.#shed();
    this.#sweep ??= setInterval(() => this.#shed(), KEPT_MS).unref();
  }

  /** Gives bytes to `write` as `Storage.stream` does. False when some are not here; then none was given. */
  async stream(
    name: string,
    start: number,
    end: number,
    write: (chunk: Uint8Array) => Promise<void>,
  ): Promise<boolean> {
    const spans = this.#spans.get(name);
    const pieces = spans && coverOf(spans, start, end);
    if (!pieces) return false;
    for (const { span, from, to } of pieces) {
      span.usedAt = performance.now();
      const bytes = await span.bytes;
      await write(bytes.subarray(from - span.start, to - span.start));
    }
    return true;
  }

  forget(name: string): void {
    this.#spans.delete(name);
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#spans.clear();
  }

  async #fetch(name: string, start: number, end: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(end - start);
    await this.#remote.read(name, start, bytes);
    return bytes;
  }

  #drop(name: string, gone: Span): void {
    const left = this.#spans.get(name)?.filter((span) => span !== gone) ?? [];
    if (left.length > 0) this.#spans.set(name, left);
    else this.#spans.delete(name);
  }

  /** Lets go what nobody has read for a while, and the oldest when there is too much. */
  #shed(): void {
    const all = [...this.#spans].flatMap(([name, spans]) => spans.map((span) => ({ name, span })));
    all.sort((a, b) => b.span.usedAt - a.span.usedAt);
    let kept = 0;
    for (const { name, span } of all) {
      kept += span.end - span.start;
      if (kept > MAX_BYTES || performance.now() - span.usedAt > KEPT_MS) this.#drop(name, span);
    }
    if (this.#spans.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}

/** What no span covers, as one stretch; empty when all of it is covered. */
function missing(spans: readonly Span[], start: number, end: number): [number, number] {
  let [from, to] = [start, end];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.start <= from && span.end > from) from = span.end;
  }
  for (const span of [...spans].sort((a, b) => b.end - a.end)) {
    if (span.end >= to && span.start < to) to = span.start;
  }
  return [from, to];
}

/** The spans that a stretch is made of, in order; undefined when there is a hole. */
function coverOf(spans: readonly Span[], start: number, end: number) {
  const pieces: { readonly span: Span; readonly from: number; readonly to: number }[] = [];
  for (let at = start; at < end; ) {
    const span = spans.find((one) => one.start <= at && one.end > at);
    if (!span) return undefined;
    pieces.push({ span, from: at, to: Math.min(end, span.end) });
    at = Math.min(end, span.end);
  }
  return pieces;
}
