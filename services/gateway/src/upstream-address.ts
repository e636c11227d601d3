import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Problem } from '@ptsdly/contract';

/** A name is looked up again after this: servers move, and nothing tells the gateway. */
const FRESH_MS = 500;

interface Known {
  readonly addresses: readonly string[];
  readonly until: number;
}

export type Lookup = (hostname: string) => Promise<readonly string[]>;

const systemLookup: Lookup = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);

/**
 * Turns the name in an upstream's address into one of the addresses that it has now. Where it has several, because
 * one server takes over from another, a second try goes to the next. Connections are thus kept by address, and those
 * to a machine that is gone are not used again.
 */
export class UpstreamAddresses {
  readonly #lookup: Lookup;
  readonly #known = new Map<string, Known>();
  #turn = 0;

  constructor(look: Lookup = systemLookup) {
    this.#lookup = look;
  }

  /** `http://<address>:<port>`; unchanged where there is no name. Rejects with `unavailable`. */
  async resolve(address: string): Promise<string> {
    if (address.startsWith('unix:')) return address;
    const { hostname, port } = new URL(address);
    if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return address;
    const addresses = await this.#addressesOf(hostname);
    const ip = addresses[this.#turn++ % addresses.length] as string;
    return `http://${isIP(ip) === 6 ? `[${ip}]` : ip}:${port || 80}`;
  }

  async #addressesOf(hostname: string): Promise<readonly string[]> {
    const now = performance.now();
    const known = this.#known.get(hostname);
    if (known && known.until > now) return known.addresses;
    for (const [name, { until }] of this.#known) if (until <= now) this.#known.delete(name);
    const addresses = await this.#lookup(hostname).catch((cause: unknown) => {
      throw new Problem('unavailable', { cause, retryAfter: 1 });
    });
    this.#known.set(hostname, { addresses, until: now + FRESH_MS });
    return addresses;
  }
}
