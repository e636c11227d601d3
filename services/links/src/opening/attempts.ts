import { createHmac } from 'node:crypto';
import { Problem } from '@ptsdly/contract';
import type { Kv, Tx } from '@ptsdly/kv';
import { keys } from '../keys.ts';

const SWEEP_MS = 3_600_000;
const SLICE = 500;

/** Attempts at once, and the time after which there is one more. */
export interface Rate {
  readonly burst: number;
  readonly refillMs: number;
}

/** For wrong passwords, by link and client. */
export const PASSWORDS: Rate = { burst: 5, refillMs: 12_000 };
/** For wrong passwords of one link from anywhere: a password that many addresses guess at holds out all the same. */
export const LINK_PASSWORDS: Rate = { burst: 200, refillMs: 3000 };
/** An alias that is taken tells that it is, so asking is slow. */
export const ALIASES: Rate = { burst: 20, refillMs: 15_000 };

type Bucket = readonly [tokens: number, at: number];

/**
 * A token bucket by key, kept in the store: processes that share it count together, and a restart forgives nothing.
 * Keys are seen by nobody: what is stored is a keyed hash, and it goes when its bucket is full again.
 */
export class Attempts {
  readonly #kv: Kv;
  readonly #name: string;
  readonly #rate: Rate;
  readonly #timer: NodeJS.Timeout;
  #sweeping: Promise<void>;

  /** `name` keeps limiters apart. */
  constructor(kv: Kv, name: string, rate: Rate) {
    this.#kv = kv;
    this.#name = name;
    this.#rate = rate;
    this.#sweeping = this.#sweep();
    this.#timer = setInterval(() => {
      this.#sweeping = this.#sweep();
    }, SWEEP_MS);
    this.#timer.unref();
  }

  /** Takes an attempt. Rejects with `rate_limited` when none is left. */
  async take(who: string): Promise<void> {
    const { refillMs } = this.#rate;
    const left = await this.#change(who, (tokens) => (tokens < 1 ? tokens : tokens - 1));
    if (left.before < 1) {
      throw new Problem('rate_limited', { retryAfter: ((1 - left.before) * refillMs) / 1000 });
    }
  }

  /** Gives an attempt back: the password was right. */
  async giveBack(who: string): Promise<void> {
    await this.#change(who, (tokens) => tokens + 1);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #change(who: string, next: (tokens: number) => number): Promise<{ before: number }> {
    const { burst, refillMs } = this.#rate;
    const secret = await this.#kv.get<string>(keys.viewerKey);
    const mark = createHmac('sha256', secret ?? '')
      .update(`${this.#name} ${who}`)
      .digest('base64url');
    const key = keys.attempt(this.#name, mark.slice(0, 22));
    return this.#kv.transaction(async (tx: Tx) => {
      const now = Date.now();
      const [tokens, at] = (await tx.get<Bucket>(key)) ?? [burst, now];
      const before = Math.min(burst, tokens + Math.max(0, now - at) / refillMs);
      const after = Math.min(burst, next(before));
      if (after >= burst) tx.remove(key);
      else tx.put(key, [after, now] satisfies Bucket);
      return { before };
    });
  }

  /** Removes buckets that are full by now. Never rejects: what it could not remove waits for the next time. */
  async #sweep(): Promise<void> {
    const { burst, refillMs } = this.#rate;
    const full = burst * refillMs;
    const prefix = keys.attempts(this.#name);
    try {
      for (let after: { after?: string } = {}; ; ) {
        const entries = await this.#kv.scan<Bucket>({ prefix, ...after, limit: SLICE });
        const old = entries.filter(({ value }) => Date.now() - value[1] > full);
        if (old.length > 0) {
          await this.#kv.transaction((tx) => {
            for (const { key } of old) tx.remove(key);
          });
        }
        if (entries.length < SLICE) return;
        after = { after: entries.at(-1)?.key ?? '' };
      }
    } catch {
      // the store is away; those who need it say so
    }
  }
}
