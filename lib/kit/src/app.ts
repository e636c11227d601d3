import { randomUUID } from 'node:crypto';
import {
  type Api,
  type CallOutput,
  type Endpoint,
  type FieldError,
  type HandlerInput,
  hasRole,
  hasScope,
  Problem,
  type Scope,
  successStatus,
} from '@ptsdly/contract';
import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { bearer, type Caller, type ServiceTokens, type TokenVerifier, verifyCaller } from './auth.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

const MAX_BODY = 64 * 1024;

/** What a service's app stands on. */
export interface AppOptions {
  /** The audience that its callers' tokens must name: `identity`, `links`, `server:<id>` … */
  readonly audience: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Verifies callers (`access: 'user'`); absent where no endpoint needs one. */
  readonly callers?: TokenVerifier;
  /** Verifies services (`access: 'internal'`). */
  readonly services?: ServiceTokens;
  /** Rejects while the service cannot do its work (its store is away). */
  readonly ready?: () => Promise<void>;
  /** What `/healthz` says beside `status`. */
  readonly health?: Readonly<Record<string, unknown>>;
}

/** One validated call. `caller` is there for `user`, and for `optional` when a valid token came. */
export type HandlerCall<E extends Endpoint> = HandlerInput<E> & {
  readonly caller: E['access'] extends 'user' ? Caller : Caller | undefined;
  readonly request: Request;
  readonly requestId: string;
  /** Headers for the answer. */
  readonly headers: Headers;
};

export type Handlers<A extends Api> = {
  readonly [K in keyof A]: (call: HandlerCall<A[K]>) => Promise<CallOutput<A[K]>> | CallOutput<A[K]>;
};

/** An app with health, metrics and problems in place; endpoints are added by `mount`. */
export function createApp(options: AppOptions): Hono {
  const { log, metrics } = options;
  const app = new Hono();
  app.get('/healthz', (context) => context.json({ status: 'ok', ...options.health }));
  app.get('/readyz', async (context) => {
    await options.ready?.();
    return context.json({ status: 'ready' });
  });
  app.get('/metrics', async (context) => {
    return context.text(await metrics.registry.metrics(), 200, {
      'content-type': metrics.registry.contentType,
    });
  });
  app.notFound((context) => new Problem('not_found').toResponse(requestIdOf(context.req.raw)));
  app.onError((error, context) => {
    const requestId = requestIdOf(context.req.raw);
    return answerProblem(error, log, requestId);
  });
  return app;
}

/** The answer for whatever was thrown; what is ours to mend is logged with its cause. */
export function answerProblem(thrown: unknown, log: Logger, requestId: string): Response {
  const problem = Problem.from(thrown);
  if (problem.status >= 500)
    log.error({ err: problem.cause ?? problem, code: problem.code, requestId }, 'failed');
  return problem.toResponse(requestId);
}

/** Serves the endpoints of an API: checks the caller, validates, calls, answers. */
export function mount<A extends Api>(app: Hono, api: A, handlers: Handlers<A>, options: AppOptions): void {
  for (const [name, endpoint] of Object.entries(api)) {
    const handler = handlers[name] as (call: unknown) => unknown;
    app.on(endpoint.method, endpoint.path, (context) => serve(context, endpoint, handler, options));
  }
}

async function serve(
  context: Context,
  endpoint: Endpoint,
  handler: (call: unknown) => unknown,
  options: AppOptions,
): Promise<Response> {
  const request = context.req.raw;
  const started = performance.now();
  const headers = new Headers();
  let status = 500;
  try {
    const caller = await admit(request.headers, endpoint.access, options, endpoint.scope);
    if (endpoint.role && !hasRole(caller?.role ?? '', endpoint.role)) throw new Problem('forbidden');
    const call = {
      params: endpoint.params && validate(endpoint.params, context.req.param()),
      query: endpoint.query && validate(endpoint.query, context.req.query()),
      body: endpoint.body && validate(endpoint.body, await readJson(request, endpoint.maxBody ?? MAX_BODY)),
      caller,
      request,
      requestId: requestIdOf(request),
      headers,
    };
    const answer = await handler(call);
    status = successStatus(endpoint);
    if (!endpoint.response) return new Response(null, { status, headers });
    headers.set('content-type', 'application/json');
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    return new Response(JSON.stringify(answer), { status, headers });
  } catch (error) {
    status = Problem.from(error).status;
    throw error;
  } finally {
    const labels = { method: endpoint.method, route: endpoint.path, status: String(status) };
    options.metrics.requests.observe(labels, (performance.now() - started) / 1000);
  }
}

/**
 * The caller that an endpoint's access rule asks for; an API token must also carry `scope`. Rejects with
 * `unauthenticated`, `forbidden` or `insufficient_scope`.
 */
export async function admit(
  headers: Headers,
  access: Endpoint['access'],
  options: Pick<AppOptions, 'audience' | 'callers' | 'services'>,
  scope?: Scope,
): Promise<Caller | undefined> {
  if (access === 'open' || access === 'grant') return undefined;
  const token = bearer(headers);
  if (access === 'internal') {
    if (!options.services) throw new Problem('forbidden');
    await options.services.verify(token, options.audience);
    return undefined;
  }
  if (!token && access === 'optional') return undefined;
  if (!token || !options.callers) throw new Problem('unauthenticated');
  const caller = await verifyCaller(options.callers, token, options.audience);
  if (!hasScope(caller.scope, scope)) throw new Problem('insufficient_scope', scopeNeeded(scope));
  return caller;
}

/** RFC 6750 §3.1: names what is missing. */
function scopeNeeded(scope: Scope | undefined) {
  if (!scope) return { detail: 'No API token may do this; sign in.' };
  const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
  return { detail: `The API token lacks the scope ${scope}.`, headers: { 'www-authenticate': challenge } };
}

export function requestIdOf(request: Request): string {
  return request.headers.get('x-request-id') ?? randomUUID();
}

/** Rejects with `invalid_fields`, each with its path and reason. */
export function validate<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors: FieldError[] = result.error.issues.map((issue) => ({
    field: issue.path.join('.'),
    message: issue.message,
  }));
  const detail = errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ');
  throw new Problem('invalid_fields', { errors, detail });
}

/** The JSON of a body; an empty one is `{}`. Rejects with `unsupported_media_type`, `body_too_large` or `invalid_json`. */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const text = request.body ? await readText(request, maxBytes) : '';
  if (text === '') return {};
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new Problem('unsupported_media_type');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem('invalid_json', { cause });
  }
}

/** The fields of a form. Rejects with `unsupported_media_type` or `body_too_large`. */
export async function readForm(request: Request, maxBytes: number): Promise<URLSearchParams> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) throw new Problem('unsupported_media_type');
  return new URLSearchParams(request.body ? await readText(request, maxBytes) : '');
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  if (Number(request.headers.get('content-length')) > maxBytes) throw new Problem('body_too_large');
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Problem('body_too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
