import { awaitAll } from './assembled-index.ts';
import { viewOf } from './box.ts';
import { PackagerError } from './error.ts';
import { FragmentWalk, isFragmented } from './fragments.ts';
import { type IndexLimits, maxMoovBytes, maxSamples } from './index-limits.ts';
import type { MediaIndex } from './media-index.ts';
import { asPackagerError, readMovie } from './movie.ts';
import { locateMovie } from './movie-location.ts';
import { arriving, type ByteSource, readExactly } from './source.ts';
import type { SourceScan } from './source-scan.ts';

/** A movie header with where it ends in its file. */
interface FoundMovie {
  readonly moov: Uint8Array;
  readonly end: number;
  readonly container: 'mp4' | 'mov';
  /** Undefined when all samples stand in the movie header. */
  readonly walk: FragmentWalk | undefined;
}

/**
 * Indexes an MP4 or MOV, fragmented or not. Reads box headers, the movie header and fragment headers, nothing
 * else.
 */
export class MovieScan implements SourceScan {
  readonly #size: number;
  readonly #limits: IndexLimits;
  #found: FoundMovie | undefined;

  /** `size`: bytes that the file has, or will have. */
  constructor(size: number, limits: IndexLimits) {
    this.#size = size;
    this.#limits = limits;
  }

  get sampleCount(): number {
    return this.#found?.walk?.sampleCount ?? 0;
  }

  /** Whether samples follow in fragments, or, before the movie header has been found, may follow. */
  get isFragmented(): boolean {
    return !this.#found || this.#found.walk !== undefined;
  }

  /** The movie header, once it has been found. */
  get moov(): Uint8Array | undefined {
    return this.#found?.moov;
  }

  /** Rejects with `NotArrived` while the movie header is still to come. */
  async advance(part: ByteSource, whole: boolean): Promise<void> {
    try {
      this.#found ??= await this.#find(whole ? part : arriving(part, this.#size));
      await this.#found.walk?.advance(part, whole);
    } catch (error) {
      throw asPackagerError(error);
    }
  }

  async index(_part: ByteSource, whole: boolean): Promise<MediaIndex> {
    if (!this.#found) throw new PackagerError('truncated', 'The file ends before its movie header.');
    const { moov, container, walk } = this.#found;
    try {
      const growing = !whole && walk !== undefined;
      if (growing) awaitAll(walk.sampleCounts);
      const options = { ...this.#limits, container, growing };
      return readMovie(viewOf(moov), this.#size, options, walk?.samples());
    } catch (error) {
      throw asPackagerError(error);
    }
  }

  async #find(part: ByteSource): Promise<FoundMovie> {
    const { offset, length, brand } = await locateMovie(part);
    const most = maxMoovBytes(this.#limits);
    if (length > most) {
      throw new PackagerError('limits_exceeded', 'The movie header is larger than the server accepts.');
    }
    const moov = await readExactly(part, offset, length);
    const end = offset + length;
    const budget = { samplesLeft: maxSamples(this.#limits), sourceSize: this.#size };
    const walk = isFragmented(moov) ? new FragmentWalk(moov, end, budget, most) : undefined;
    return { moov, end, container: brand, walk };
  }
}
