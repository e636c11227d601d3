import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Certificate } from '@ptsdly/kit';

/** Throws a sentence where a key and a certificate do not belong together, or cannot be read. */
export function check({ key, cert }: Certificate): X509Certificate {
  const leaf = new X509Certificate(cert); // the first of a chain
  if (!leaf.checkPrivateKey(createPrivateKey(key))) throw new Error('the certificate is not that of the key');
  return leaf;
}

export const expiryOf = ({ cert }: Certificate): number => new X509Certificate(cert).validToDate.getTime();
