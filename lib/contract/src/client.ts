import { type Api, type CallInput, type CallOutput, type Endpoint, successStatus } from './endpoint.ts';
import { Problem } from './problem.ts';

/** `fetch`, or a service's own function: the client does not know which (DESIGN: a service is a function). */
export type Fetch = (request: Request) => Promise<Response>;

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type Client<A extends Api> = {
  readonly [K in keyof A]: (input: CallInput<A[K]>, options?: CallOptions) => Promise<CallOutput<A[K]>>;
};

export interface ClientOptions {
  readonly fetch: Fetch;
  /** Absolute; a path prefix is kept (`http://localhost:8080/m/<slug>`). */
  readonly baseUrl: string;
  /** Headers of every call, made anew each time (tokens are short-lived). */
  readonly headers?: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
}

interface AnyInput {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** A typed client of one service's API. Every call rejects with a `Problem`. */
export function createClient<A extends Api>(api: A, options: ClientOptions): Client<A> {
  const calls = Object.entries(api).map(([name, endpoint]) => [
    name,
    (input: AnyInput, call: CallOptions = {}) => send(endpoint, options, input, call),
  ]);
  return Object.fromEntries(calls) as Client<A>;
}

async function send(endpoint: Endpoint, options: ClientOptions, input: AnyInput, call: CallOptions) {
  const headers = new Headers({
    accept: 'application/json',
    ...(await options.headers?.()),
    ...call.headers,
  });
  if (endpoint.body) headers.set('content-type', 'application/json');
  const request = new Request(options.baseUrl.replace(/\/$/, '') + requestPath(endpoint, input), {
    method: endpoint.method,
    headers,
    body: endpoint.body ? JSON.stringify(input.body) : null,
    signal: call.signal ?? null,
  });
  const response = await reach(options.fetch, request);
  if (response.status !== successStatus(endpoint)) throw await Problem.fromResponse(response);
  if (!endpoint.response) return undefined;
  return endpoint.response.parse(await response.json());
}

async function reach(fetch: Fetch, request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw Problem.from(
      cause instanceof Problem ? cause : new Problem('unavailable', { cause, retryAfter: 1 }),
    );
  }
}

/** The path of an endpoint with its parameters filled in and the query appended. */
export function requestPath(endpoint: Endpoint, input: AnyInput = {}): string {
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(input.params?.[name] ?? '')),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  return query.size > 0 ? `${path}?${query}` : path;
}
