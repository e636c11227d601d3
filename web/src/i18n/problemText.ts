import type { TFunction } from 'i18next';
import { type AnyProblem, toApiProblem } from '../api/problem.ts';

/** A problem in the user's language; the server's own words where we have none for its code. */
export function problemText(t: TFunction, problem: AnyProblem): string {
  const { code, detail } = toApiProblem(problem);
  return t(`problems.${code}`, { defaultValue: detail });
}
