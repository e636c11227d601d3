import { readFile } from 'node:fs/promises';
import type { Certificate, Certificates, Logger } from '@ptsdly/kit';
import { CertificateHolder } from './certificate-holder.ts';
import { check } from './check.ts';

const LOOK_MS = 10_000;

export interface CertificateFiles {
  /** PEM: the certificate, then its chain. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** Certificates, and what ends the work on them. */
export type OpenCertificates = Certificates & { close(): Promise<void> };

/**
 * Certificates that somebody else puts into files and renews there. They are read again as they change: what is
 * half written, or does not belong together yet, is left until it does. Rejects with a sentence on what cannot be used
 * at the start.
 */
export async function openFiles(
  files: CertificateFiles,
  log: Logger,
  lookMs = LOOK_MS,
): Promise<OpenCertificates> {
  const holder = new CertificateHolder();
  holder.set(await read(files));
  let refused = '';
  const look = async () => {
    try {
      const certificate = await read(files);
      const { key, cert } = holder.current() as Certificate;
      if (certificate.key === key && certificate.cert === cert) return;
      holder.set(certificate);
      log.info({ validUntil: check(certificate).validToDate }, 'a new certificate is in use');
      refused = '';
    } catch (err) {
      const { message } = err as Error;
      if (message !== refused) log.warn({ err }, 'the new certificate cannot be used; the old one stays');
      refused = message;
    }
  };
  const timer = setInterval(() => void look(), lookMs).unref();
  return {
    current: () => holder.current(),
    onChange: (changed) => holder.onChange(changed),
    close: async () => clearInterval(timer),
  };
}

async function read({ certFile, keyFile }: CertificateFiles): Promise<Certificate> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  const certificate = { cert, key };
  check(certificate);
  return certificate;
}
