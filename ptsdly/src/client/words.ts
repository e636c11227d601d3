import { Problem } from '@ptsdly/contract';

/** One line that a person can do something with. */
export function wordsFor(error: unknown): string {
  if (error instanceof Problem) {
    if (error.code === 'unauthenticated')
      return 'The token or the sign-in is not valid here, or has ended. `ptsdly login` signs in again.';
    if (error.code === 'insufficient_scope')
      return 'The token does not allow this; make one with more rights.';
    if (error.code === 'unavailable' && error.cause) return 'The server does not answer. Check --server.';
    return error.detail;
  }
  return error instanceof Error ? error.message : String(error);
}
