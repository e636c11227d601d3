/** Values that are remembered at most; a power of two. */
const PLACES = 16_384;

/** FNV-1a of 32 bits, over the units of a key. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/**
 * Values that are read again and again. Each key has one place, as in a direct-mapped cache of a processor, and a value
 * comes there when its key was missed twice in a row: what is popular drives out what is not, and keys that are
 * read once leave nothing behind. It never grows, and nothing in it is ordered or swept.
 */
export class HotValues {
  readonly #keys: (string | undefined)[] = new Array(PLACES).fill(undefined);
  readonly #values: unknown[] = new Array(PLACES).fill(undefined);
  /** By place, the hash of the key that was missed last. */
  readonly #missed = new Uint32Array(PLACES);

  get(key: string): unknown {
    const place = hashOf(key) & (PLACES - 1);
    return this.#keys[place] === key ? this.#values[place] : undefined;
  }

  /** What was read of a key that was missed. */
  note(key: string, value: unknown): void {
    const hash = hashOf(key);
    const place = hash & (PLACES - 1);
    if (this.#missed[place] === hash) {
      this.#keys[place] = key;
      this.#values[place] = value;
    } else this.#missed[place] = hash;
  }

  forget(key: string): void {
    const place = hashOf(key) & (PLACES - 1);
    if (this.#keys[place] !== key) return;
    this.#keys[place] = undefined;
    this.#values[place] = undefined;
  }
}
