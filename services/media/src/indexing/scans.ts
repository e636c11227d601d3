import { createHash } from 'node:crypto';
import {
  type ByteSource,
  continues,
  type IndexLimits,
  type MediaIndex,
  MovieScan,
  OPENING_BYTES,
  openScan,
  type SourceScan,
} from '@ptsdly/packager';

/** Samples of all files that are being scanned while they arrive, about 21 bytes each. */
const MAX_SAMPLES = 6_000_000;
const MAX_SCANS = 64;

/** One file, and what has been told of it so far. */
export interface Scanned {
  readonly scan: SourceScan;
  /** Names what it plays from: the movie header, or else the start of the file. */
  readonly name: string;
  /** The index that was told last, while the file arrives. */
  told: MediaIndex | undefined;
  /** How often an index did not continue the one before. */
  breaks: number;
}

/** Scans of files that are still arriving, so that none is read twice; those not asked for the longest go first. */
export class Scans {
  readonly #limits: IndexLimits;
  readonly #scans = new Map<string, Scanned>();

  constructor(limits: IndexLimits) {
    this.#limits = limits;
  }

  /** The scan of a file, brought up to what is there. Rejects with `PackagerError` or `NotArrived`. */
  async advance(id: string | undefined, part: ByteSource, size: number): Promise<Scanned> {
    const whole = part.size === size;
    const known = id === undefined ? undefined : this.#scans.get(id);
    const scan = known?.scan ?? (await openScan(part, size, this.#limits));
    if (id !== undefined) this.#scans.delete(id); // a scan that failed is not gone on with
    await scan.advance(part, whole);
    const scanned = known ?? { scan, name: await nameOf(scan, part), told: undefined, breaks: 0 };
    if (id !== undefined && !whole) this.#keep(id, scanned);
    return scanned;
  }

  forget(id: string): void {
    this.#scans.delete(id);
  }

  #keep(id: string, scanned: Scanned): void {
    this.#scans.set(id, scanned);
    let samples = 0;
    for (const { scan } of this.#scans.values()) samples += scan.sampleCount;
    for (const [other, { scan }] of this.#scans) {
      if (samples <= MAX_SAMPLES && this.#scans.size <= MAX_SCANS) return;
      this.#scans.delete(other);
      samples -= scan.sampleCount;
    }
  }
}

/** Tells the next index of a file; its name changes when whoever played the one before cannot go on with it. */
export function tell(scanned: Scanned, index: MediaIndex): string {
  if (scanned.told && !continues(scanned.told, index)) scanned.breaks++;
  scanned.told = index.growing ? index : undefined;
  return scanned.breaks === 0 ? scanned.name : `${scanned.name}.${scanned.breaks}`;
}

/** 96 bits of a SHA-256: short, since it stands in the address of every segment. */
export function nameMovie(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
}

async function nameOf(scan: SourceScan, part: ByteSource): Promise<string> {
  const moov = scan instanceof MovieScan ? scan.moov : undefined;
  return nameMovie(moov ?? (await part.read(0, Math.min(OPENING_BYTES, part.size))));
}
