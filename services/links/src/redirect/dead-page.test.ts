import { expect, test } from 'vitest';
import { deadPage } from './dead-page.ts';

test('pages differ by reason and language, and load nothing', () => {
  const page = deadPage('link_expired', 'ko');
  expect(page).toContain('<html lang="ko">');
  expect(page).not.toBe(deadPage('link_revoked', 'ko'));
  expect(page).not.toBe(deadPage('link_expired', 'en'));
  expect(page).not.toMatch(/<script|src=|url\(|https?:/);
});
