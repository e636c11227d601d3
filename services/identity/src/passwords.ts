import { AsyncLocalStorage } from 'node:async_hooks';
import { Problem } from '@ptsdly/contract';
import { hashPassword, verifyPassword } from 'better-auth/crypto';

/** Each takes 32 MiB and one of libuv's four threads; the other two stay free for files and DNS. */
const PARALLEL = 2;
const WAITING = 100;

/**
 * Passwords by better-auth's scrypt (N 16384, r 16, p 1, on libuv's thread pool), a few at a time: a crowd
 * waits its turn here and nobody else waits for it. Rejects with `unavailable` when the queue is full.
 */
export class Passwords {
  readonly #ahead = new AsyncLocalStorage<string>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  readonly hash = async (password: string): Promise<string> =>
    this.#ahead.getStore() ?? this.#turn(() => hashPassword(password));

  readonly verify = (pair: { hash: string; password: string }): Promise<boolean> =>
    this.#turn(() => verifyPassword(pair));

  /**
   * Hashes before `work` begins. better-auth hashes a new password inside its transaction, and that would
   * keep the one connection of SQLite from everybody else meanwhile.
   */
  async ahead<T>(password: string, work: () => Promise<T>): Promise<T> {
    const hash = await this.#turn(() => hashPassword(password));
    return this.#ahead.run(hash, work);
  }

  async #turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= PARALLEL) {
      if (this.#waiting.length >= WAITING) throw new Problem('unavailable', { retryAfter: 2 });
      await new Promise<void>((resolve) => this.#waiting.push(resolve)); // its turn is handed over, not freed
    } else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
