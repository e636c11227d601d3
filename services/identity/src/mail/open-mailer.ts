import type { Mailer } from './mailer.ts';

/** `smtp://user:password@host:port` or `smtps:`; the library is loaded only then. Rejects for any other scheme. */
export async function openMailer(url: string, from: string): Promise<Mailer> {
  const { protocol } = new URL(url);
  if (protocol !== 'smtp:' && protocol !== 'smtps:') {
    throw new Error(`no mail driver for "${protocol}"; there are smtp: and smtps:`);
  }
  const { openSmtp } = await import('./smtp.ts');
  return openSmtp(url, from);
}
