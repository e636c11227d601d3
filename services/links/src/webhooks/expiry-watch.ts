import type { Logger } from '@ptsdly/kit';
import { keys } from '../keys.ts';
import type { Ledger } from '../sharing/ledger.ts';
import type { LinkRecord } from '../sharing/link.ts';

const LOOK_MS = 1000;
const SLICE = 50;

/**
 * Announces links that end by themselves, within a second or two. A link does not need this to end: its time is looked
 * at whenever it is opened. Entries whose link has another time by now are passed over.
 */
export class ExpiryWatch {
  readonly #ledger: Ledger;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;

  constructor(ledger: Ledger, log: Logger) {
    this.#ledger = ledger;
    this.#log = log;
    this.#timer = setInterval(() => this.#tick(), LOOK_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  #tick(): void {
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#log.debug({ err: error }, 'expired links could not be looked for'))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #look(): Promise<void> {
    for (;;) {
      const prefix = keys.expiries;
      const entries = await this.#ledger.kv.scan<string>({ prefix, limit: SLICE });
      const due = entries.filter(({ key }) => timeOf(key) <= Date.now());
      if (due.length === 0) return;
      await this.#ledger.kv.transaction(async (tx) => {
        for (const { key, value: id } of due) {
          if ((await tx.get(key)) === undefined) continue;
          tx.remove(key);
          const link = await tx.get<LinkRecord>(keys.link(id));
          if (link?.end === null && link.expiresAt === timeOf(key)) {
            await this.#ledger.announce(tx, 'link.expired', link);
          }
        }
      });
    }
  }
}

const timeOf = (key: string) => Number(key.slice(keys.expiries.length).split('/')[0]);
