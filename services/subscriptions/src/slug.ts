import { randomBytes } from 'node:crypto';

/** Crockford's base32 in lower case: no i, l, o or u, so that it can be read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 10;

/** A random name of a server in its URL: 50 bits, so nobody finds a server by guessing. */
export function newSlug(): string {
  return Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte & 31]).join('');
}
