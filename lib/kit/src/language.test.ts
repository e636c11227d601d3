import { expect, test } from 'vitest';
import { preferredLanguage } from './language.ts';

test.each([
  ['ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7', 'ko'],
  ['en-US,en;q=0.9,ko;q=0.8', 'en'],
  ['en;q=0.5,ko', 'ko'],
  ['fr-FR,fr;q=0.9,ko;q=0.3', 'ko'],
  ['fr', 'en'],
  ['ko;q=0', 'en'],
  ['*', 'ko'],
  ['', 'ko'],
])('Accept-Language "%s" is answered in %s', (header, language) => {
  expect(preferredLanguage(header)).toBe(language);
});
