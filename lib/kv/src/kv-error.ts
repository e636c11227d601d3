/**
 * The store could not do it: it is away, full or closed. The message says which in a plain sentence; nothing of
 * a key or a value is in it, nor in its cause.
 */
export class KvError extends Error {
  override readonly name = 'KvError';
  /** `ENOSPC` where there is no room for what was to be written. */
  readonly code: 'ENOSPC' | undefined;

  constructor(
    message: string,
    { code, ...options }: ErrorOptions & { readonly code?: 'ENOSPC' | undefined } = {},
  ) {
    super(message, options);
    this.code = code;
  }
}

export const closedError = () => new KvError('the key-value store is closed');
