import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '@ptsdly/kit';
import { z } from 'zod';

const TIMEOUT_MS = 5000;
const MAX_ANSWER = 256 * 1024;

/** Why a sign-in with a provider failed, for the page that says so. */
export type ProviderTrouble = 'provider_unavailable' | 'provider_misconfigured' | 'invalid_code';

export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly trouble: ProviderTrouble;

  constructor(trouble: ProviderTrouble, message: string, options?: ErrorOptions) {
    super(message, options);
    this.trouble = trouble;
  }
}

/** What an OAuth error answer says (RFC 6749 §5.2), with Kakao's own code. */
const refusal = z.object({ error: z.string().max(100), error_code: z.string().max(20).optional() });

/** Calls to providers: short, bounded, and with the reason kept that better-auth would drop on its way. */
export class ProviderCalls {
  readonly #trouble = new AsyncLocalStorage<{ found?: ProviderTrouble }>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Runs a sign-in and tells what a provider's driver had to say about its failure. */
  async watch<T>(work: () => Promise<T>): Promise<{ result: T; trouble: ProviderTrouble | undefined }> {
    const seen: { found?: ProviderTrouble } = {};
    const result = await this.#trouble.run(seen, work);
    return { result, trouble: seen.found };
  }

  /** Never logs what was sent or what came: both carry codes and tokens. */
  fail(provider: string, trouble: ProviderTrouble, reason: string, cause?: unknown): ProviderError {
    const seen = this.#trouble.getStore();
    if (seen) seen.found = trouble;
    const error = new ProviderError(trouble, `${provider}: ${reason}`, { cause });
    this.#log.warn({ provider, trouble, reason }, 'a sign-in provider refused or did not answer');
    return error;
  }

  /** The JSON of an answer. Rejects with a ProviderError. */
  async json<S extends z.ZodType>(provider: string, url: string, schema: S, init: RequestInit = {}) {
    const { status, body } = await this.#ask(provider, url, init);
    if (status >= 500) throw this.fail(provider, 'provider_unavailable', `answered ${status}`);
    if (status >= 400) throw this.#refused(provider, status, body);
    const parsed = schema.safeParse(body);
    if (!parsed.success) throw this.fail(provider, 'provider_unavailable', 'answered in another form');
    return parsed.data;
  }

  #refused(provider: string, status: number, body: unknown): ProviderError {
    const { data } = refusal.safeParse(body);
    const known = data ? `${data.error} ${data.error_code ?? ''}`.trim() : '';
    const isCode = data?.error === 'invalid_grant';
    return this.fail(provider, isCode ? 'invalid_code' : 'provider_misconfigured', `${status} ${known}`);
  }

  async #ask(provider: string, url: string, init: RequestInit) {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(url, { ...init, redirect: 'error', signal });
      const text = await response.text();
      if (text.length > MAX_ANSWER) throw new Error('too long');
      return { status: response.status, body: parse(text) };
    } catch (cause) {
      throw this.fail(provider, 'provider_unavailable', 'could not be reached', cause);
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
