import type { TFunction } from 'i18next';
import { describe, expect, it } from 'vitest';
import type { ApiProblem } from '../../api/problem.ts';
import { isEmail, signUpErrors } from './fields.ts';
import { safeNext, signInPath } from './next.ts';

const t = ((key: string) => key) as unknown as TFunction;

describe('safeNext', () => {
  it('keeps pages of the app', () => {
    expect(safeNext('/app/videos/1?t=3')).toBe('/app/videos/1?t=3');
    expect(signInPath('/app/me?x=1')).toBe('/app/sign-in?next=%2Fapp%2Fme%3Fx%3D1');
  });

  it.each([null, '', '//evil.example', 'https://evil.example', '/application', '/app\\..', 'javascript:1'])(
    'does not follow %s',
    (next) => expect(safeNext(next)).toBe('/app/server'),
  );
});

describe('signUpErrors', () => {
  const fine = { name: '하늘', email: 'a@b.kr', password: 'long enough' };

  it('finds nothing in good fields', () => {
    expect(Object.values(signUpErrors(t, fine, undefined)).filter(Boolean)).toEqual([]);
  });

  it('sees what is missing before it is sent', () => {
    expect(signUpErrors(t, { name: ' ', email: 'a@b', password: 'short' }, undefined)).toEqual({
      name: 'auth.required',
      email: 'auth.invalidEmail',
      password: 'problems.weak_password',
    });
  });

  it('puts the answer of the server at its field', () => {
    const taken: ApiProblem = { code: 'email_taken', status: 409, detail: '' };
    expect(signUpErrors(t, fine, taken).email).toBe('problems.email_taken');
    const errors = [{ field: 'body.name', message: 'Too long' }];
    const invalid: ApiProblem = { code: 'invalid_fields', status: 422, detail: '', errors };
    expect(signUpErrors(t, fine, invalid)).toMatchObject({ name: 'Too long', email: undefined });
  });

  it('knows an address by its look', () => {
    expect(isEmail(' a@b.kr ')).toBe(true);
    expect(isEmail('a b@c.kr')).toBe(false);
  });
});
