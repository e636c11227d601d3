import type { Logger, Service } from '@ptsdly/kit';
import { openNotes } from '@ptsdly/kv';
import { type AcmeOptions, Challenges, openAcme } from './acme.ts';
import { type CertificateFiles, type OpenCertificates, openFiles } from './files.ts';
import { plainHttp } from './plain.ts';

export interface TlsOptions {
  /** Public address, `https:`. */
  readonly baseUrl: string;
  readonly log: Logger;
  /** Where challenges are shared with other gateways: `redis://…`; the memory of this one where not given. */
  readonly sharedUrl?: string;
  readonly source: CertificateFiles | Omit<AcmeOptions, 'log'>;
}

/** TLS of the one door. */
export interface Tls {
  readonly certificates: OpenCertificates;
  /** What answers on the port of plain HTTP. */
  readonly plain: Pick<Service, 'fetch' | 'raw'>;
}

/** Opens certificates from files, or from an authority. Rejects with a sentence where files cannot be used. */
export async function openTls({ baseUrl, log, source, sharedUrl }: TlsOptions): Promise<Tls> {
  const isOrdered = !('certFile' in source);
  const notes = await openNotes(isOrdered ? sharedUrl : undefined);
  const challenges = new Challenges(notes);
  const certificates =
    'certFile' in source ? await openFiles(source, log) : await openAcme({ ...source, log }, challenges);
  const close = async () => {
    await certificates.close();
    await notes.close();
  };
  return { certificates: { ...certificates, close }, plain: plainHttp(baseUrl, challenges) };
}
