import { billingLetter, type Event } from '@ptsdly/contract';
import { openDatabase } from '@ptsdly/db';
import { newDatabase } from '@ptsdly/db/testing';
import { Bell, silentLog } from '@ptsdly/kit';
import { expect, test } from 'vitest';
import { type IdentityTables, migrations } from '../schema.ts';
import { Sessions } from '../sessions.ts';
import { billingValues } from './billing-letters.ts';
import { BillingPost } from './billing-post.ts';
import { writeLetter } from './letters.ts';
import { Outbox } from './outbox.ts';
import { PostOffice } from './post-office.ts';

const facts = {
  ...{ amount: '4900', currency: 'KRW', method: 'Visa •••• 4242', code: 'insufficient_funds', reason: '' },
  ...{ retryAt: '2026-12-24T00:00:00.000Z', stopsAt: '2027-01-02T00:00:00.000Z', timeZone: 'Asia/Seoul' },
  ...{ purgeAt: '2027-02-01T00:00:00.000Z', endsAt: '2026-12-07T00:00:00.000Z' },
};

test.each(['ko', 'en'] as const)('every letter says its facts in words: %s', (locale) => {
  for (const kind of billingLetter.options) {
    const values = billingValues(kind, facts, locale);
    const { text, subject } = writeLetter(kind, { to: 'a@example.com', locale, values });
    expect(subject + text).not.toMatch(/[{}]|undefined|insufficient_funds|T00:00|\(\)/);
  }
  const { text } = writeLetter('payment-failed', {
    ...{ to: 'a@example.com', locale },
    values: billingValues('payment-failed', facts, locale),
  });
  expect(text).toContain('₩4,900');
  expect(text).toContain(locale === 'ko' ? '2027년 1월 2일' : 'January 2, 2027');
});

test('a letter that is asked for twice is written once, and nobody writes to who is gone', async () => {
  const db = await openDatabase<IdentityTables>(newDatabase(), migrations);
  const now = new Date().toISOString();
  const user = {
    id: 'ann',
    name: 'Ann',
    email: 'ann@example.com',
    emailVerified: 1,
    createdAt: now,
    updatedAt: now,
  };
  await db
    .insertInto('user')
    .values({ ...user, image: null, locale: 'en' } as never)
    .execute();
  const post = new PostOffice(db, 'https://ptsdly.example', undefined, silentLog);
  const billing = new BillingPost(db, post);
  const wanted = (seq: number, userId: string): Event => ({
    ...{ seq, at: now },
    data: { type: 'letter.wanted', userId, kind: 'payment-receipt', values: facts },
  });
  for (const event of [wanted(7, 'ann'), wanted(7, 'ann'), wanted(8, 'nobody')]) await billing.apply(event);
  const outbox = new Outbox(db, new Sessions(db, new Bell()));
  await expect.poll(() => outbox.kept(10), { timeout: 5000 }).toHaveLength(1);
  const [letter] = await outbox.kept(10);
  expect(letter?.text).toContain('https://ptsdly.example/app/subscription');
  await post.close();
  await db.destroy();
});
