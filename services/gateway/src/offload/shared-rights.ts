import type { Exchange } from '../exchange.ts';
import type { Right } from './right.ts';

/** What more callers than that ask for is asked about one by one. */
const MOST = 1000;

/**
 * Rights to any piece of an object, by server, caller and path: who fetches many pieces is asked about several times a
 * second instead of for each.
 */
export class SharedRights {
  readonly #servers = new Map<string, Map<string, Right>>();

  /** The place for the right that a request needs; undefined where nobody knows whose it is. */
  placeOf({ server, token, request }: Exchange): Place | undefined {
    if (server === undefined || token === undefined) return undefined;
    const key = `${token} ${request.url}`;
    const rights = this.#servers.get(server.id) ?? new Map<string, Right>();
    this.#servers.set(server.id, rights);
    return new Place(rights, key, () => {
      if (rights.size === 0 && this.#servers.get(server.id) === rights) this.#servers.delete(server.id);
    });
  }

  /** From now on nobody begins by what was given before, or is being asked for now. */
  forget(serverId: string): void {
    this.#servers.delete(serverId);
  }
}

export class Place {
  readonly #rights: Map<string, Right>;
  readonly #key: string;
  readonly #tidy: () => void;

  constructor(rights: Map<string, Right>, key: string, tidy: () => void) {
    this.#rights = rights;
    this.#key = key;
    this.#tidy = tidy;
  }

  /** A right by which somebody may begin now. */
  get right(): Right | undefined {
    const right = this.#rights.get(this.#key);
    return right?.lease.isGood ? right : undefined;
  }

  keep(right: Right): void {
    if (this.#rights.size < MOST) this.#rights.set(this.#key, right);
  }

  /** The right is over. */
  leave(right: Right): void {
    if (this.#rights.get(this.#key) === right) this.#rights.delete(this.#key);
    this.#tidy();
  }
}
