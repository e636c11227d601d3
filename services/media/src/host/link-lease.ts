import { linkLeaseSeconds, Problem } from '@ptsdly/contract';
import type { OpenResponses, Showing } from '../playback/open-responses.ts';

const LEASE_MS = linkLeaseSeconds * 1000;
/** What is left of the lease when it is asked for again is what a service may take to restart. */
const RENEW_S = 1.5;
const REST_S = 20;
/** After the last request by a link, as long as a player with a full buffer needs nothing. */
const WANTED_MS = 15_000;
const LOOK_MS = 200;
/** How long a viewer waits for news before they are told to come again: as long as a slow restart takes, lease included. */
const PATIENCE_MS = 10_000;

interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

export interface LinkLeaseOptions {
  readonly responses: Pick<OpenResponses, 'breakOff' | 'shows'>;
  /** Has the links feed asked at once. */
  readonly hurry: () => void;
  readonly now?: () => Moment;
}

/**
 * The right to show anything by a link: it lasts for so many seconds after the links feed was asked and had told all
 * there was, counted from the question, so that whoever revoked a link meanwhile need only wait as long and compares no
 * clocks (Gray and Cheriton, "Leases", 1989). A server that is cut off from its host thus stops by itself. It is renewed
 * only while somebody watches by a link.
 *
 * The time that has passed is the longer one of two clocks: the monotonic one stands still while a machine sleeps, the
 * other may be set back.
 */
export class LinkLease {
  readonly #options: LinkLeaseOptions;
  readonly #now: () => Moment;
  #askedAt: Moment | undefined;
  #lastUse = Number.NEGATIVE_INFINITY;
  #watch: NodeJS.Timeout | undefined;
  #renewed = Promise.withResolvers<void>();

  constructor(options: LinkLeaseOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => ({ monotonic: performance.now(), wall: Date.now() }));
  }

  /** How long the links feed may wait for news, in seconds. */
  get wait(): number {
    return this.#watch === undefined ? REST_S : RENEW_S;
  }

  /** To be called as the feed is asked; what it returns, once all that stood there has been applied. */
  ask(): () => void {
    const at = this.#now();
    return () => {
      this.#askedAt = at;
      this.#renewed.resolve();
      this.#renewed = Promise.withResolvers();
    };
  }

  /** Resolves while something may be shown by a link. Rejects with `unavailable` when no news can be had. */
  async hold(): Promise<void> {
    this.#lastUse = this.#now().monotonic;
    if (this.#watch === undefined) this.#begin();
    if (this.#isValid()) return;
    this.#options.hurry();
    await this.#renewal();
    if (!this.#isValid()) throw new Problem('unavailable', { retryAfter: 2 });
  }

  close(): void {
    clearInterval(this.#watch);
  }

  #isValid(): boolean {
    if (!this.#askedAt) return false;
    const { monotonic, wall } = this.#now();
    return Math.max(monotonic - this.#askedAt.monotonic, wall - this.#askedAt.wall) < LEASE_MS;
  }

  /** Resolves at the next renewal, or when a viewer has waited long enough. */
  async #renewal(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, PATIENCE_MS);
    await Promise.race([this.#renewed.promise, late.promise]);
    clearTimeout(timer);
  }

  #begin(): void {
    this.#watch = setInterval(() => this.#look(), LOOK_MS).unref();
    this.#options.hurry(); // at rest the feed is waited for longer than a lease lasts
  }

  #look(): void {
    const { responses } = this.#options;
    if (!this.#isValid()) responses.breakOff(isByLink);
    const isUsed = this.#now().monotonic - this.#lastUse < WANTED_MS || responses.shows(isByLink);
    if (isUsed) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}

const isByLink = ({ link }: Showing) => link !== null;
