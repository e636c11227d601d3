import { silentLog } from '@ptsdly/kit';
import { expect, test } from 'vitest';
import { openPayments } from './open-payments.ts';
import { openPortOneStandIn, signedByPortOne } from './testing/portone-stand-in.ts';
import { openStripeStandIn, signed } from './testing/stripe-stand-in.ts';

const refused = { code: 'bad_request' };
const secrets = { baseUrl: 'https://ptsdly.example', log: silentLog };

test('Stripe: only what it signed in the last five minutes is heard', async () => {
  const standIn = await openStripeStandIn();
  const payments = await openPayments(standIn.url, { ...standIn, ...secrets });
  const event = {
    id: 'evt_1',
    type: 'payment_intent.succeeded',
    data: { object: { id: 'pi', metadata: { charge: 'c' } } },
  };
  const read = (one: { headers: Readonly<Record<string, string>>; body: string }) =>
    payments.receive(new Headers(one.headers), one.body);
  expect(await read(signed(event))).toEqual({ id: 'evt_1', about: 'charge', subject: 'c' });
  expect(await read(signed({ ...event, type: 'invoice.created' }))).toBeNull();
  await expect(read(signed(event, { at: Date.now() - 301_000 }))).rejects.toMatchObject(refused);
  await expect(read(signed(event, { at: Date.now() + 301_000 }))).rejects.toMatchObject(refused);
  await expect(read(signed(event, { secret: 'another' }))).rejects.toMatchObject(refused);
  const good = signed(event);
  await expect(read({ ...good, body: `${good.body} ` })).rejects.toMatchObject(refused);
  for (const header of ['', 't=,v1=', 't=NaN,v1=00', `v1=${'0'.repeat(64)}`]) {
    await expect(read({ ...good, headers: { 'stripe-signature': header } })).rejects.toMatchObject(refused);
  }
  // While a secret is replaced both sign.
  const both = `${good.headers['stripe-signature']},v1=${'0'.repeat(64)}`;
  expect(await read({ ...good, headers: { 'stripe-signature': both } })).not.toBeNull();
  await standIn.close();
});

test('PortOne: only what it signed in the last five minutes is heard (Standard Webhooks)', async () => {
  const standIn = await openPortOneStandIn();
  const payments = await openPayments(standIn.url, { ...standIn, ...secrets });
  const event = {
    type: 'Transaction.Paid',
    timestamp: '',
    data: { paymentId: 'p', storeId: 's', transactionId: 't' },
  };
  const read = (one: { headers: Readonly<Record<string, string>>; body: string }) =>
    payments.receive(new Headers(one.headers), one.body);
  expect(await read(signedByPortOne(event, { id: 'w1' }))).toEqual({
    id: 'w1',
    about: 'charge',
    subject: 'p',
  });
  expect(await read(signedByPortOne({ ...event, type: 'Something.New' }))).toBeNull();
  const old = signedByPortOne(event, { at: new Date(Date.now() - 301_000) });
  await expect(read(old)).rejects.toMatchObject(refused);
  const foreign = signedByPortOne(event, { secret: `whsec_${Buffer.from('another').toString('base64')}` });
  await expect(read(foreign)).rejects.toMatchObject(refused);
  const good = signedByPortOne(event);
  await expect(read({ ...good, body: `${good.body} ` })).rejects.toMatchObject(refused);
  await expect(read({ ...good, headers: {} })).rejects.toMatchObject(refused);
  await standIn.close();
});

test('a provider without its secrets, or one that there is not, is a plain sentence', async () => {
  await expect(openPayments('stripe:', secrets)).rejects.toThrow('need the key');
  const given = { ...secrets, key: 'k', webhookSecret: 'whsec_AAAA' };
  await expect(openPayments('portone:store-1', given)).rejects.toThrow('a channel');
  await expect(openPayments('cash:', given)).rejects.toThrow('no payment driver for "cash:"');
});
