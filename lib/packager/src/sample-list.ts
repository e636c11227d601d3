import { corrupt, PackagerError } from './error.ts';
import type { SampleBudget, SourceSamples } from './sample-table.ts';

/** Samples of a track whose number is not known before its end; memory grows with what was found. */
export class SampleList {
  readonly #budget: SampleBudget;
  #offset = new Float64Array(256);
  #size = new Uint32Array(256);
  #presentation = new Float64Array(256);
  #key = new Uint8Array(256);
  #count = 0;
  #bytes = 0;

  constructor(budget: SampleBudget) {
    this.#budget = budget;
  }

  get count(): number {
    return this.#count;
  }

  /** Throws `limits_exceeded` when the file has more samples than it may, `corrupt` when they outgrow it. */
  add(offset: number, size: number, presentation: number, key: boolean): void {
    if (this.#budget.samplesLeft-- <= 0) {
      throw new PackagerError('limits_exceeded', 'The file has more samples than the server accepts.');
    }
    if (this.#count === this.#size.length) this.#grow();
    // Samples that share bytes would let a small file ask for endless output.
    this.#bytes += size;
    if (this.#bytes > this.#budget.sourceSize)
      throw corrupt('The samples of a track are larger than the file.');
    this.#offset[this.#count] = offset;
    this.#size[this.#count] = size;
    this.#presentation[this.#count] = presentation;
    this.#key[this.#count++] = key ? 1 : 0;
  }

  /** Takes back that the last `count` samples could be decoded by themselves. */
  depend(count: number): void {
    this.#key.fill(0, this.#count - count, this.#count);
  }

  sizeAt(i: number): number {
    return this.#size[i] as number;
  }

  offsetAt(i: number): number {
    return this.#offset[i] as number;
  }

  keyAt(i: number): boolean {
    return this.#key[i] === 1;
  }

  setKey(i: number, key: boolean): void {
    this.#key[i] = key ? 1 : 0;
  }

  /** Presentation times, open to change. */
  get times(): Float64Array {
    return this.#presentation.subarray(0, this.#count);
  }

  /** What was listed; its arrays are its own. */
  finish(lastDuration: number): SourceSamples {
    const count = this.#count;
    const sync: number[] = [];
    for (let i = 0; i < count; i++) if (this.#key[i]) sync.push(i);
    return {
      count,
      offset: this.#offset.slice(0, count),
      size: this.#size.slice(0, count),
      presentation: this.#presentation.slice(0, count),
      sync: sync.length === count ? undefined : Uint32Array.from(sync),
      lastDuration,
      description: 1,
    };
  }

  #grow(): void {
    const larger = this.#size.length * 2;
    this.#offset = grown(this.#offset, new Float64Array(larger));
    this.#size = grown(this.#size, new Uint32Array(larger));
    this.#presentation = grown(this.#presentation, new Float64Array(larger));
    this.#key = grown(this.#key, new Uint8Array(larger));
  }
}

function grown<T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
