/**
 * The store could not do it: it is away, full or closed. The message says which in a plain sentence; nothing of
 * a key or a value is in it, nor in its cause.
 */
export class KvError extends Error {
  override readonly name = 'KvError';
}

export const closedError = () => new KvError('the key-value store is closed');
