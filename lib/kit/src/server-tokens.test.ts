import { expect, test } from 'vitest';
import { createServerTokens } from './server-tokens.ts';

const tokens = createServerTokens(new TextEncoder().encode('k'.repeat(32)));

test('a token names its server, and is the same each time', () => {
  expect(tokens.verify(tokens.sign('a-server'))).toBe('a-server');
  expect(tokens.sign('a-server')).toBe(tokens.sign('a-server'));
});

test.each([
  undefined,
  '',
  '.',
  'a-server',
  'a-server.',
  `b-server.${tokens.sign('a-server').split('.')[1]}`,
  `${tokens.sign('a-server').slice(0, -2)}`,
  createServerTokens(new TextEncoder().encode('x'.repeat(32))).sign('a-server'),
])('%s is none', (token) => {
  expect(() => tokens.verify(token)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
});
