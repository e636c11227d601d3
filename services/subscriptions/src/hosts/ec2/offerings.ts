import { HostError } from '../host.ts';
import type { Offering } from './settings.ts';

/** How long a kind of machine that ran out is not asked for again (karpenter's UnavailableOfferingsTTL). */
const REST_MS = 180_000;

/** Types and zones in the order of their preference, without those that have just run out. */
export class Offerings {
  readonly #all: readonly Offering[];
  readonly #out = new Map<Offering, number>();

  constructor(all: readonly Offering[]) {
    this.#all = all;
  }

  /** Throws `capacity` when every one has run out. */
  next(): Offering {
    const now = performance.now();
    const free = this.#all.find((one) => (this.#out.get(one) ?? 0) <= now);
    if (!free) throw new HostError('capacity', 'The cloud has no free machine now. We keep trying.');
    return free;
  }

  ranOut({ type, subnet }: Offering): void {
    const one = this.#all.find((each) => each.type === type && each.subnet === subnet);
    if (one) this.#out.set(one, performance.now() + REST_MS);
  }
}
