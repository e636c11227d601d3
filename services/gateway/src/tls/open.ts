import type { Logger, Service } from '@ptsdly/kit';
import { type AcmeOptions, type Challenges, openAcme } from './acme.ts';
import { type CertificateFiles, type OpenCertificates, openFiles } from './files.ts';
import { plainHttp } from './plain.ts';

export interface TlsOptions {
  /** Public address, `https:`. */
  readonly baseUrl: string;
  readonly log: Logger;
  readonly source: CertificateFiles | Omit<AcmeOptions, 'log'>;
}

/** TLS of the one door. */
export interface Tls {
  readonly certificates: OpenCertificates;
  /** What answers on the port of plain HTTP. */
  readonly plain: Pick<Service, 'fetch' | 'raw'>;
}

/** Opens certificates from files, or from an authority. Rejects with a sentence where files cannot be used. */
export async function openTls({ baseUrl, log, source }: TlsOptions): Promise<Tls> {
  const challenges: Challenges = new Map();
  const certificates =
    'certFile' in source ? await openFiles(source, log) : await openAcme({ ...source, log }, challenges);
  return { certificates, plain: plainHttp(baseUrl, challenges) };
}
