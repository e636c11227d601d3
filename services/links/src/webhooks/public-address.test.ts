import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { webhookReceiver } from '../testing/receiver.ts';
import { post } from './post.ts';
import { isPublicAddress, isPublicUrl, publicLookup } from './public-address.ts';

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '240.0.0.1',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    '2001::1',
    'not an address',
  ])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));

  test.each(['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])('%s is public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
});

test.each([
  ['https://hooks.example.com/a', true],
  ['http://93.184.216.34:8080/', true],
  ['https://hooks.example.com:22/', false],
  ['https://user:pass@hooks.example.com/', false],
  ['http://127.0.0.1/', false],
  ['http://2130706433/', false],
  ['http://0x7f.1/', false],
  ['http://[::1]/', false],
  ['http://[::ffff:10.0.0.1]/', false],
  ['http://localhost/', false],
  ['http://db.internal/', false],
  ['http://printer.local/', false],
  ['ftp://hooks.example.com/', false],
])('%s may be a receiver: %s', (url, allowed) => expect(isPublicUrl(new URL(url))).toBe(allowed));

const lookup = (found: LookupAddress[]) =>
  new Promise<string>((resolve) =>
    publicLookup((_, done) => done(null, found))('x.example', {}, (error, address) =>
      resolve(error ? error.name : String(address)),
    ),
  );

test('a name with any address that is not public is refused where it is connected to', async () => {
  expect(await lookup([{ address: '8.8.8.8', family: 4 }])).toBe('8.8.8.8');
  expect(
    await lookup([
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ]),
  ).toBe('AddressNotPublic');
  expect(await lookup([{ address: '::ffff:127.0.0.1', family: 6 }])).toBe('AddressNotPublic');
});

test('nothing is sent to an address of our own, by number or by name', async () => {
  const receiver = await webhookReceiver();
  for (const url of [receiver.url, receiver.url.replace('127.0.0.1', 'localhost')]) {
    expect((await post(url, {}, '{}', { allowPrivate: false })).failure).toBe('address_not_public');
  }
  expect(receiver.received).toEqual([]);
  expect((await post(receiver.url, {}, '{}', { allowPrivate: true })).status).toBe(204);
  await receiver.close();
  expect((await post(receiver.url, {}, '{}', { allowPrivate: true })).failure).toBe('not_reached');
});
