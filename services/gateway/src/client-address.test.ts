import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { clientAddress } from './client-address.ts';

const from = (remoteAddress: string, headers: IncomingMessage['headers']) =>
  ({ socket: { remoteAddress }, headers }) as IncomingMessage;

test.each([
  ['nobody is trusted', [], '10.0.0.9', { 'x-forwarded-for': '6.6.6.6' }, '10.0.0.9'],
  ['the proxy names the client', ['10.0.0.0/8'], '10.0.0.9', { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
  [
    'the client lies before it',
    ['10.0.0.0/8'],
    '10.0.0.9',
    { 'x-forwarded-for': '6.6.6.6, 192.0.2.1' },
    '192.0.2.1',
  ],
  [
    'two proxies',
    ['10.0.0.0/8'],
    '::ffff:10.0.0.9',
    { 'x-forwarded-for': '192.0.2.1, 10.1.1.1' },
    '192.0.2.1',
  ],
  [
    'the connection is not from a proxy',
    ['10.0.0.1'],
    '192.0.2.9',
    { 'x-forwarded-for': '6.6.6.6' },
    '192.0.2.9',
  ],
  [
    'RFC 7239',
    ['10.0.0.1'],
    '10.0.0.1',
    { forwarded: 'for="[2001:db8::1]:4711";proto=https' },
    '2001:db8::1',
  ],
  [
    'RFC 7239 wins',
    ['10.0.0.1'],
    '10.0.0.1',
    { forwarded: 'proto=https;for=192.0.2.1:80', 'x-forwarded-for': '6.6.6.6' },
    '192.0.2.1',
  ],
  ['a hidden client', ['10.0.0.1'], '10.0.0.1', { forwarded: 'for=_hidden' }, '10.0.0.1'],
] as const)('%s', (_, trusted, remote, headers, expected) => {
  expect(clientAddress(trusted)(from(remote, headers))).toBe(expected);
});

test('what is no address is refused at the start', () => {
  expect(() => clientAddress(['everybody'])).toThrow();
});
