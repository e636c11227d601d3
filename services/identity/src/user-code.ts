import { randomInt } from 'node:crypto';

/** Consonants only: no word comes of them, and none looks like another (RFC 8628 §6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;

/** Eight random letters, 34 bits, as `BCDF-GHJK`. */
export function newUserCode(): string {
  const letters = Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`;
}

/** What was typed, without what stands between the letters. */
export function plainUserCode(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z]/g, '');
}
