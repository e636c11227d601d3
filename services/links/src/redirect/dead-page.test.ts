import { expect, test } from 'vitest';
import { deadPage, preferredLanguage } from './dead-page.ts';

test.each([
  ['ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7', 'ko'],
  ['en-US,en;q=0.9,ko;q=0.8', 'en'],
  ['en;q=0.5,ko', 'ko'],
  ['fr-FR,fr;q=0.9,ko;q=0.3', 'ko'],
  ['fr', 'en'],
  ['ko;q=0', 'en'],
  ['', 'en'],
])('Accept-Language "%s" is answered in %s', (header, language) => {
  expect(preferredLanguage(header)).toBe(language);
});

test('pages differ by reason and language, and load nothing', () => {
  const page = deadPage('link_expired', 'ko');
  expect(page).toContain('<html lang="ko">');
  expect(page).not.toBe(deadPage('link_revoked', 'ko'));
  expect(page).not.toBe(deadPage('link_expired', 'en'));
  expect(page).not.toMatch(/<script|src=|url\(|https?:/);
});
