import { Problem } from '@ptsdly/contract';
import { BrokenCircuitError, type CircuitBreakerPolicy, CircuitState } from 'cockatiel';

/** What runs through a circuit breaker; past it, for a third of the work, as long as nothing fails. */
export class Circuit {
  readonly #breaker: CircuitBreakerPolicy;
  readonly #failed: (error: unknown) => boolean;
  /** The breaker counts failures, and is to hear of what goes well. */
  #counts = false;

  /** `failed`: whether an error counts, as for the breaker itself. */
  constructor(breaker: CircuitBreakerPolicy, failed: (error: unknown) => boolean) {
    this.#breaker = breaker;
    this.#failed = failed;
  }

  /** Rejects as `attempt` does, or with `unavailable` at once while the circuit is open. */
  run(attempt: () => Promise<void>): Promise<void> {
    const isQuiet = !this.#counts && this.#breaker.state === CircuitState.Closed;
    return isQuiet ? attempt().catch((error) => this.#note(error)) : this.#guarded(attempt);
  }

  async #note(error: unknown): Promise<never> {
    if (this.#failed(error)) {
      this.#counts = true;
      await this.#breaker.execute(() => Promise.reject(error)).catch(() => undefined);
    }
    throw error;
  }

  async #guarded(attempt: () => Promise<void>): Promise<void> {
    try {
      await this.#breaker.execute(attempt);
      this.#counts = this.#breaker.state !== CircuitState.Closed;
    } catch (error) {
      if (error instanceof BrokenCircuitError)
        throw new Problem('unavailable', { cause: error, retryAfter: 2 });
      throw error;
    }
  }
}
