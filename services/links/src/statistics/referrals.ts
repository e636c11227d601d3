import type { Logger } from '@ptsdly/kit';
import type { Kv } from '@ptsdly/kv';
import { keys } from '../keys.ts';

const FLUSH_MS = 1000;
/** Links that wait for a flush; more are not told apart in this second. */
const MAX_WAITING = 1000;
/** Hosts that are kept for a link; the rest are one. */
const MAX_HOSTS = 100;
const REST = 'other';

type Hosts = Record<string, number>;

/**
 * Sites whose pages a link was clicked on: the host and nothing else. Counted in memory and written every second, so
 * a process that is killed loses those of a second.
 */
export class Referrals {
  readonly #kv: Kv;
  readonly #log: Logger;
  readonly #ownHost: string;
  readonly #timer: NodeJS.Timeout;
  #waiting = new Map<string, Map<string, number>>();
  #flushing: Promise<void> = Promise.resolve();

  constructor(kv: Kv, baseUrl: string, log: Logger) {
    this.#kv = kv;
    this.#log = log;
    this.#ownHost = new URL(baseUrl).hostname;
    this.#timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.#timer.unref();
  }

  /** Counts a click that names the page it came from; our own pages, and what is no address, are nobody's. */
  count(linkId: string, referrer: string): void {
    const host = hostOf(referrer);
    if (host === undefined || host === this.#ownHost) return;
    const hosts = this.#waiting.get(linkId) ?? new Map<string, number>();
    if (hosts.size === 0 && this.#waiting.size >= MAX_WAITING) return;
    this.#waiting.set(linkId, hosts);
    const named = hosts.has(host) || hosts.size < MAX_HOSTS ? host : REST;
    hosts.set(named, (hosts.get(named) ?? 0) + 1);
  }

  /** Most clicks first. */
  async of(linkId: string): Promise<{ host: string; clicks: number }[]> {
    await this.flush();
    const hosts = (await this.#kv.get<Hosts>(keys.referrers(linkId))) ?? {};
    return Object.entries(hosts)
      .map(([host, clicks]) => ({ host, clicks }))
      .sort((a, b) => b.clicks - a.clicks);
  }

  async erase(linkId: string): Promise<void> {
    await this.flush();
    await this.#kv.remove(keys.referrers(linkId));
  }

  /** Writes what waits. Never rejects: what cannot be written is lost, and the log says so. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#write());
    return this.#flushing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  async #write(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    try {
      for (const [linkId, hosts] of waiting) await this.#add(linkId, hosts);
    } catch (error) {
      this.#log.warn({ err: error }, 'referrers of clicks could not be written');
    }
  }

  #add(linkId: string, hosts: ReadonlyMap<string, number>): Promise<void> {
    return this.#kv.transaction(async (tx) => {
      const known: Hosts = { ...((await tx.get<Hosts>(keys.referrers(linkId))) ?? {}) };
      for (const [host, clicks] of hosts) {
        const named = host in known || Object.keys(known).length < MAX_HOSTS ? host : REST;
        known[named] = (known[named] ?? 0) + clicks;
      }
      tx.put(keys.referrers(linkId), known);
    });
  }
}

/** The host of a `Referer`; a name may hold nothing but what DNS allows. */
function hostOf(referrer: string): string | undefined {
  const host = URL.canParse(referrer) ? new URL(referrer).hostname : '';
  return host.length <= 100 && /^[a-z0-9][a-z0-9.-]*$/.test(host) ? host : undefined;
}
