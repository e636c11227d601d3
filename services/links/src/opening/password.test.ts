import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './password.ts';

test('verifies the right password only, and hides it', async () => {
  const stored = await hashPassword('비밀번호 hunter2');
  expect(stored).toMatch(/^scrypt\$16384\$8\$5\$/);
  expect(stored).not.toContain('hunter2');
  expect(await verifyPassword('비밀번호 hunter2', stored)).toBe(true);
  expect(await verifyPassword('비밀번호 hunter3', stored)).toBe(false);
  expect(await hashPassword('비밀번호 hunter2')).not.toBe(stored);
});

test('composed and decomposed letters are the same', async () => {
  const stored = await hashPassword('한글é'.normalize('NFC'));
  expect(await verifyPassword('한글é'.normalize('NFD'), stored)).toBe(true);
});
