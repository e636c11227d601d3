import { type FieldError, Problem, type ProblemCode } from '@ptsdly/contract';
import type { SerializedError } from '@reduxjs/toolkit';

/** A `Problem` as plain data, so that it can live in the cache. */
export interface ApiProblem {
  readonly code: ProblemCode;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly retryAfter?: number;
  readonly requestId?: string;
}

/** What a hook of the cache calls an error: ours, or something broken on the way to it. */
export type AnyProblem = ApiProblem | SerializedError;

export function toApiProblem(thrown: unknown): ApiProblem {
  if (isApiProblem(thrown)) return thrown;
  const { code, status, detail, errors, retryAfter, requestId } = Problem.from(thrown);
  return { code, status, detail, errors, retryAfter, requestId };
}

/** What RTK Query rejects with is already plain data. */
export function isApiProblem(value: unknown): value is ApiProblem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;
}

/** The reason for one field, where the server named it. */
export function fieldReason(problem: AnyProblem | undefined, field: string): string | undefined {
  if (!isApiProblem(problem)) return undefined;
  return problem.errors?.find((error) => error.field === field || error.field.endsWith(`.${field}`))?.message;
}
