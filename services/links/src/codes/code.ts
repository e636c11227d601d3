import { randomBytes } from 'node:crypto';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const LENGTH = 12;
/** The largest multiple of 58 that a byte holds; bytes above it are thrown away, so each letter is as likely. */
const FAIR = 232;

const CODE = /^[1-9A-HJ-NP-Za-km-z]{12}$/;
/** What chat programs leave hanging on a link. */
const TRAILING = /[.,;:!?)\]}'"]+$/;
/** Longest segment that is looked at more closely. */
const MAX_SEGMENT = 64;

/** A short code: 12 letters of base58 from the system's CSPRNG, 70 bits. */
export function newCode(): string {
  let code = '';
  while (code.length < LENGTH) {
    for (const byte of randomBytes(LENGTH * 2)) {
      if (byte < FAIR && code.length < LENGTH) code += ALPHABET[byte % ALPHABET.length];
    }
  }
  return code;
}

/** The code that a path segment means, exact in case; trailing punctuation of auto-linking is forgiven. */
export function readCode(segment: string): string | undefined {
  if (CODE.test(segment)) return segment;
  if (segment.length <= LENGTH || segment.length > MAX_SEGMENT) return undefined;
  const trimmed = decoded(segment).replace(TRAILING, '');
  return CODE.test(trimmed) ? trimmed : undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
