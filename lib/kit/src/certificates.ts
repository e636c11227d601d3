/** A private key and its certificate with the chain, PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Where a listener has its certificate from; it may change while it listens. */
export interface Certificates {
  /** The present one; undefined as long as there is none, and then no handshake succeeds. */
  current(): Certificate | undefined;
  /** Calls back at each change, until the answer is called. */
  onChange(changed: (certificate: Certificate) => void): () => void;
}
