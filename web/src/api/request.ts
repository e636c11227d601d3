import { type CallInput, createClient, type Endpoint } from '@ptsdly/contract';
import type { BaseQueryFn } from '@reduxjs/toolkit/query';
import { type ApiProblem, toApiProblem } from './problem.ts';

/** One call of the contract, as data. */
export interface ApiCall {
  readonly endpoint: Endpoint;
  readonly input: CallInput<Endpoint>;
  /** URL reference of a media server; the control plane where not given. */
  readonly base?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function request<E extends Endpoint>(
  endpoint: E,
  input: CallInput<E>,
  options: Pick<ApiCall, 'base' | 'headers'> = {},
): ApiCall {
  return { endpoint, input: input as CallInput<Endpoint>, ...options };
}

export const contractBaseQuery: BaseQueryFn<ApiCall, unknown, ApiProblem> = async (call, { signal }) => {
  const client = createClient(
    { call: call.endpoint },
    { fetch: (sent) => fetch(sent), baseUrl: new URL(call.base ?? '/', location.origin).href },
  );
  try {
    return { data: (await client.call(call.input, { headers: call.headers, signal })) ?? null };
  } catch (thrown) {
    return { error: toApiProblem(thrown) };
  }
};
