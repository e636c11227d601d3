/** Retries may add this share to what is asked anyway. */
const SHARE = 0.1;
/** So many are there at the beginning and at most, for an upstream that is seldom asked. */
const RESERVE = 10;

/**
 * How many retries an upstream may be given: a part of its requests, so that those who ask again do not keep down
 * what is on its way up (Google SRE, "Addressing Cascading Failures").
 */
export class RetryBudget {
  #left = RESERVE;

  /** A request was sent for the first time. */
  earn(): void {
    this.#left = Math.min(RESERVE, this.#left + SHARE);
  }

  /** Whether there is one more; takes it. */
  spend(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
