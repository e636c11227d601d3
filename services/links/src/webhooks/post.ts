import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { AddressNotPublic, isPublicUrl, publicLookup } from './public-address.ts';
import type { Attempt } from './webhook.ts';

/** From the first look-up to the end of the answer's head. */
const TIMEOUT_MS = 15_000;

export interface PostOptions {
  /** For installations whose receivers stand in a network of their own: any address will do. */
  readonly allowPrivate: boolean;
}

/**
 * Sends one message, once. Never rejects: what came of it is the answer. The answer's body is not read, a redirect is
 * not followed (Standard Webhooks: anything but 2xx is a failure), and no connection is kept.
 */
export async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { allowPrivate }: PostOptions,
): Promise<Attempt> {
  const at = Date.now();
  const started = performance.now();
  const done = (outcome: Pick<Attempt, 'status' | 'failure'>): Attempt => ({
    at,
    ...outcome,
    ms: Math.round(performance.now() - started),
  });
  const target = new URL(url);
  if (!allowPrivate && !isPublicUrl(target)) return done({ status: null, failure: 'address_not_public' });
  try {
    const status = await send(target, headers, body, allowPrivate);
    return done({ status, failure: status >= 200 && status < 300 ? null : 'refused' });
  } catch (error) {
    return done({ status: null, failure: failureOf(error) });
  }
}

function send(target: URL, headers: Readonly<Record<string, string>>, body: string, allowPrivate: boolean) {
  const options: RequestOptions = {
    method: 'POST',
    agent: false,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(allowPrivate ? {} : { lookup: publicLookup() }),
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'PTSD.ly-webhooks/1.0',
    },
  };
  return new Promise<number>((resolve, reject) => {
    const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, options);
    request.on('response', (answer) => {
      resolve(answer.statusCode ?? 0);
      answer.on('error', () => undefined);
      answer.destroy();
    });
    request.on('error', reject);
    request.end(body);
  });
}

function failureOf(error: unknown): Attempt['failure'] {
  if (error instanceof AddressNotPublic) return 'address_not_public';
  const { code, name } = error as NodeJS.ErrnoException;
  if (name === 'AbortError' || name === 'TimeoutError' || code === 'ETIMEDOUT') return 'timed_out';
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'name_not_found' : 'not_reached';
}
