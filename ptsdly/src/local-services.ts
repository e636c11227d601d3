import type { Service } from '@ptsdly/kit';
import { ConfigError, type ServiceName } from './config.ts';

/** A service on its way: `opened` resolves when it can be called, and never again once it closes. */
type Opening = PromiseWithResolvers<Service>;

/**
 * The services of this process. They know each other in a circle (each follows others' feeds), so a call to one
 * that is not open yet waits until it is. A call to one that closes waits until its caller gives up: who follows
 * its feed ends with its own service.
 */
export class LocalServices {
  readonly #names: readonly ServiceName[];
  readonly #opened = new Map<ServiceName, Service>();
  readonly #openings = new Map<ServiceName, Opening>();

  constructor(names: readonly ServiceName[]) {
    this.#names = names;
  }

  /** Those that are open, in the order in which they opened. */
  get opened(): [ServiceName, Service][] {
    return [...this.#opened];
  }

  /**
   * Opens one after the other, so that the first store in use by another process ends the start before anything
   * else is touched. Rejects with a ConfigError when one cannot open; what did open waits for `close`.
   */
  async open(openOne: (name: ServiceName) => Promise<Service>): Promise<void> {
    for (const name of this.#names) {
      const service = await openOne(name).catch((cause: Error) => {
        throw new ConfigError(`${name} cannot start: ${cause.message}`, { cause });
      });
      this.#opened.set(name, service);
      this.#opening(name).resolve(service);
    }
  }

  /** A service as its peers call it. */
  peer(name: ServiceName): Pick<Service, 'fetch' | 'raw'> {
    return {
      fetch: async (request) => (await this.#opening(name).promise).fetch(request),
      raw: (request, response) => this.#opened.get(name)?.raw?.(request, response) ?? false,
    };
  }

  /** One after the other, in reverse: who calls closes before who is called. */
  async close(): Promise<void> {
    for (const [name, service] of this.opened.reverse()) {
      this.#openings.delete(name);
      await service.close();
      this.#opened.delete(name);
    }
  }

  #opening(name: ServiceName): Opening {
    const known = this.#openings.get(name);
    if (known) return known;
    const fresh: Opening = Promise.withResolvers();
    this.#openings.set(name, fresh);
    return fresh;
  }
}
