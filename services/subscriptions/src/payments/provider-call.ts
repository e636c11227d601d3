import { Problem } from '@ptsdly/contract';

const PATIENCE_MS = 15_000;

export interface ProviderAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** Says something about the request; others (429, 5xx) leave open whether it was carried out. */
const isPlain = ({ status }: ProviderAnswer) => status < 500 && status !== 429;

/**
 * One call of a provider's API. Rejects with `payment_unavailable` when there is no answer, or one that says nothing
 * about the request: whether it was carried out is then unknown.
 */
export async function callProvider(
  url: string,
  init: RequestInit,
  isAnswer: (answer: ProviderAnswer) => boolean = isPlain,
): Promise<ProviderAnswer> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (cause) {
    throw new Problem('payment_unavailable', { retryAfter: 10, cause });
  }
  const json: unknown = await response.json().catch(() => undefined);
  const answer = { status: response.status, json };
  if (json !== undefined && (isPlain(answer) || isAnswer(answer))) return answer;
  const cause = new Error(`the payment provider answered ${response.status}`);
  throw new Problem('payment_unavailable', { retryAfter: 10, cause });
}
