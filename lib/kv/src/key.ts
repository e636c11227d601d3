/** Bytes of UTF-8; LMDB allows 1,978 and Redis more. */
export const MAX_KEY_BYTES = 1000;

/** Throws a `TypeError` on a key that a driver could not keep apart from another, or not keep at all. */
export function checkKey(key: string): void {
  // A UTF-16 unit is at most three bytes, so a short key needs no counting.
  const long = key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES;
  if (key.length === 0 || long) throw new TypeError(`a key has 1 to ${MAX_KEY_BYTES} bytes`);
  if (!key.isWellFormed()) throw new TypeError('a key is well-formed Unicode');
}

/** Throws a `TypeError` on a value that cannot be stored. */
export function checkValue(value: unknown): void {
  if (value === undefined) throw new TypeError('undefined cannot be stored; remove the key');
}
