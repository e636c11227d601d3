import { none } from './none.ts';
import type { Payments, PaymentsOptions } from './payments.ts';

/**
 * Opens the provider behind a URL: `none:`, `stripe:` or
 * `portone:<store id>?card=<channel key>&kakaopay=<channel key>&tosspay=<channel key>`. Rejects with a plain sentence.
 */
export async function openPayments(url: string, options: PaymentsOptions): Promise<Payments> {
  const { protocol, pathname, searchParams } = new URL(url);
  if (protocol === 'none:') return none;
  const { key, webhookSecret } = options;
  if (!key || !webhookSecret) {
    throw new Error(`payments by ${protocol} need the key of its API and the secret of its webhooks`);
  }
  const secrets = { key, webhookSecret, baseUrl: options.baseUrl };
  if (protocol === 'stripe:') {
    const { stripe } = await import('./stripe.ts');
    return stripe({ ...secrets, api: searchParams.get('api') ?? undefined });
  }
  if (protocol === 'portone:') {
    const { portone } = await import('./portone.ts');
    return portone({ ...secrets, storeId: pathname, channels: searchParams });
  }
  throw new Error(`no payment driver for "${protocol}"; there are none:, stripe: and portone:`);
}
