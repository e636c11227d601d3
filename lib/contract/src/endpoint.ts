import type { z } from 'zod';
import type { ProblemCode } from './problem.ts';
import type { Role } from './role.ts';
import type { Scope } from './scope.ts';

/**
 * Who may call. `open` and `optional` need no token (`optional` reads one that is there), `user` needs the
 * owner's token, `grant` carries its right in the path or body, `internal` needs a service token and is
 * never routed from outside.
 */
export type Access = 'open' | 'optional' | 'user' | 'grant' | 'internal';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

type Schema = z.ZodType;

/** One call of the public or internal HTTP contract, as data. `:name` in `path` is a parameter. */
export interface Endpoint<
  P extends Schema | undefined = Schema | undefined,
  Q extends Schema | undefined = Schema | undefined,
  B extends Schema | undefined = Schema | undefined,
  R extends Schema | undefined = Schema | undefined,
> {
  readonly method: Method;
  readonly path: string;
  readonly access: Access;
  /** What an API token must carry; without one here, no API token may make this call. */
  readonly scope?: Scope;
  /** The least role that may call, of a `user` endpoint that is not for everybody. */
  readonly role?: Role;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Largest body in bytes; 64 KiB where not given. */
  readonly maxBody?: number;
  /** Success status; 200 where not given, 204 where there is no response schema. */
  readonly status?: number;
  readonly response?: R;
  readonly problems?: readonly ProblemCode[];
}

/** The endpoints of one service, by name. */
export type Api = Readonly<Record<string, Endpoint>>;

export function endpoint<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
  R extends Schema | undefined = undefined,
  A extends Access = Access,
>(data: Endpoint<P, Q, B, R> & { readonly access: A }): Endpoint<P, Q, B, R> & { readonly access: A } {
  return data; // `A` is kept, so that a handler of a `user` endpoint knows that it has a caller
}

type In<S, K extends string> = S extends Schema ? { readonly [key in K]: z.input<S> } : unknown;
type Out<S, K extends string> = S extends Schema ? { readonly [key in K]: z.output<S> } : unknown;

/** What a client passes. */
export type CallInput<E> =
  E extends Endpoint<infer P, infer Q, infer B, Schema | undefined>
    ? In<P, 'params'> & Partial<In<Q, 'query'>> & In<B, 'body'>
    : never;

/** What a handler is given, validated. */
export type HandlerInput<E> =
  E extends Endpoint<infer P, infer Q, infer B, Schema | undefined>
    ? Out<P, 'params'> & Out<Q, 'query'> & Out<B, 'body'>
    : never;

/** What a handler answers and a client receives. */
export type CallOutput<E> =
  E extends Endpoint<Schema | undefined, Schema | undefined, Schema | undefined, infer R>
    ? R extends Schema
      ? z.output<R>
      : undefined
    : never;

export function successStatus(endpoint: Endpoint): number {
  return endpoint.status ?? (endpoint.response ? 200 : 204);
}
