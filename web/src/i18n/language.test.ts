import { describe, expect, it } from 'vitest';
import { chooseLanguage } from './language.ts';

describe('chooseLanguage', () => {
  it('follows the account before the device, and the device before the browser', () => {
    expect(chooseLanguage('en', 'ko', ['ko-KR'])).toBe('en');
    expect(chooseLanguage(null, 'en', ['ko-KR'])).toBe('en');
    expect(chooseLanguage(null, null, ['en-GB', 'ko'])).toBe('en');
  });

  it('takes the first of the browser that is ours, English for others, and Korean where nothing is known', () => {
    expect(chooseLanguage(null, null, ['fr-FR', 'en-US'])).toBe('en');
    expect(chooseLanguage(undefined, 'xx', ['ja'])).toBe('en');
    expect(chooseLanguage(null, null, [])).toBe('ko');
  });
});
