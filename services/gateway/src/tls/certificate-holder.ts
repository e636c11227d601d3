import type { Certificate, Certificates } from '@ptsdly/kit';

/** The certificate of the moment, for whoever listens. */
export class CertificateHolder implements Certificates {
  #certificate: Certificate | undefined;
  readonly #listeners = new Set<(certificate: Certificate) => void>();

  current(): Certificate | undefined {
    return this.#certificate;
  }

  onChange(changed: (certificate: Certificate) => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  set(certificate: Certificate): void {
    this.#certificate = certificate;
    for (const changed of this.#listeners) changed(certificate);
  }
}
