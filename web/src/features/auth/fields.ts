import type { TFunction } from 'i18next';
import { type ApiProblem, fieldReason } from '../../api/problem.ts';
import { problemText } from '../../i18n/problemText.ts';

/** Enough to catch a slip; the server has the last word. */
export const isEmail = (value: string) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim());

export const shortestPassword = 10;

export interface SignUpFields {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

/** What to say at each field: first what can be seen here, then what the server found. */
export function signUpErrors(
  t: TFunction,
  fields: SignUpFields,
  problem: ApiProblem | undefined,
): Partial<Record<keyof SignUpFields, string>> {
  const server = (code: ApiProblem['code']) => (problem?.code === code ? problemText(t, problem) : undefined);
  return {
    name: fields.name.trim() === '' ? t('auth.required') : fieldReason(problem, 'name'),
    email: isEmail(fields.email)
      ? (server('email_taken') ?? fieldReason(problem, 'email'))
      : t('auth.invalidEmail'),
    password:
      [...fields.password].length < shortestPassword
        ? t('problems.weak_password')
        : (server('weak_password') ?? fieldReason(problem, 'password')),
  };
}
