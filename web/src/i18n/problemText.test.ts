import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import en from './en/shared.json' with { type: 'json' };
import ko from './ko/shared.json' with { type: 'json' };
import { problemText } from './problemText.ts';

beforeAll(() => i18next.init({ lng: 'ko', resources: { ko: { translation: ko }, en: { translation: en } } }));

describe('problemText', () => {
  it('speaks the language of the user', () => {
    const problem = { code: 'email_taken', status: 409, detail: 'raw' } as const;
    expect(problemText(i18next.getFixedT('ko'), problem)).toBe('이미 가입된 이메일이에요.');
    expect(problemText(i18next.getFixedT('en'), problem)).toContain('already an account');
  });

  it('falls back to the words of the server', () => {
    const newer = { code: 'too_new_for_us' as 'internal', status: 400, detail: 'Said by the server.' };
    expect(problemText(i18next.getFixedT('ko'), newer)).toBe('Said by the server.');
  });

  it('calls what is no problem of ours internal', () => {
    expect(problemText(i18next.getFixedT('en'), { message: 'boom' })).toBe(en.problems.internal);
  });
});
