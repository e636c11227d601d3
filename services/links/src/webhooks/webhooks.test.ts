import type { WebhookMessage } from '@ptsdly/contract';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { webhookReceiver } from '../testing/receiver.ts';
import { type Neighbourhood, neighbourhood, problemOf, targetOf } from '../testing/stand-ins.ts';

let here: Neighbourhood;
let status: number;
let receiver: Awaited<ReturnType<typeof webhookReceiver>>;
beforeEach(async () => {
  status = 204;
  receiver = await webhookReceiver(() => status);
  here = await neighbourhood();
});
afterEach(async () => {
  vi.useRealTimers();
  await here.close();
  await receiver.close();
});

const ALL = ['link.opened', 'link.exhausted', 'link.expired', 'link.revoked', 'link.taken_down'] as const;
const newHook = async (events: readonly (typeof ALL)[number][] = ALL) =>
  (await here.as('ann')).createWebhook({ body: { url: receiver.url, events: [...events] } });
const newLink = async (limits: object = {}) =>
  (await here.as('ann')).createLink({ body: { ...targetOf('ann'), ...limits } });
const open = async (code: string) => (await here.as()).openLink({ params: { code }, body: {} });
const typeOf = ({ body }: { body: string }) => (JSON.parse(body) as WebhookMessage).type;
const deliveriesOf = async (id: string) => (await here.as('ann')).listDeliveries({ params: { id } });

test('what happens to a link is sent, signed as the Standard Webhooks library verifies it', async () => {
  const { secret } = await newHook();
  const link = await newLink({ maxViews: 1, label: '가족', recipient: 'Kim' });
  await open(link.code);
  const [opened, exhausted] = await receiver.count(2);
  const messages = [opened, exhausted].map((one) =>
    new Webhook(secret).verify(one?.body ?? '', one?.headers as Record<string, string>),
  ) as WebhookMessage[];
  expect(messages.map(({ type }) => type).sort()).toEqual(['link.exhausted', 'link.opened']);
  expect(messages[0]?.data).toEqual({
    linkId: link.id,
    videoId: 'video-of-ann',
    label: '가족',
    recipient: 'Kim',
    views: 1,
    maxViews: 1,
  });
  expect(JSON.stringify(receiver.received)).not.toContain(link.code);
  const forged = { ...(opened?.headers as Record<string, string>), 'webhook-timestamp': '1' };
  expect(() => new Webhook(secret).verify(opened?.body ?? '', forged)).toThrow();
  await (await here.as('ann')).revokeLink({ params: { id: link.id } });
  expect(typeOf((await receiver.count(3))[2] as never)).toBe('link.revoked');
});

test('an end by time is told once; one that was put off is told at its new time only', async () => {
  await newHook(['link.expired']);
  const soon = new Date(Date.now() + 1200).toISOString();
  const gone = await newLink({ expiresAt: soon });
  const later = await newLink({ expiresAt: soon });
  await (await here.as('ann')).updateLink({
    params: { id: later.id },
    body: { expiresAt: new Date(Date.now() + 60_000).toISOString() },
  });
  const [message] = await receiver.count(1);
  expect(JSON.parse(message?.body ?? '')).toMatchObject({ type: 'link.expired', data: { linkId: gone.id } });
  await here.restart();
  await newLink({ expiresAt: new Date(Date.now() + 300).toISOString() });
  await receiver.count(2);
  expect(receiver.received).toHaveLength(2);
});

test('a failure is tried again later, byte for byte; a crash in between loses nothing', async () => {
  const hook = await newHook(['link.opened']);
  status = 302; // a redirect is a failure and not followed
  await open((await newLink()).code);
  await receiver.count(1);
  await vi.waitFor(async () =>
    expect((await deliveriesOf(hook.id)).items[0]).toMatchObject({
      state: 'pending',
      attempts: [{ status: 302, failure: 'refused' }],
    }),
  );
  status = 204;
  await here.restart();
  const [first, second] = await receiver.count(2);
  expect(second?.body).toBe(first?.body);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  await vi.waitFor(async () =>
    expect((await deliveriesOf(hook.id)).items[0]).toMatchObject({ state: 'delivered', nextAt: null }),
  );
}, 20_000);

test('410 switches a webhook off, and it can be switched on again', async () => {
  const hook = await newHook(['link.opened']);
  status = 410;
  const link = await newLink();
  await open(link.code);
  const ann = await here.as('ann');
  const state = async () => (await ann.listWebhooks({})).items[0];
  await vi.waitFor(async () =>
    expect(await state()).toMatchObject({ isEnabled: false, disabledBecause: 'gone' }),
  );
  await open(link.code);
  expect((await deliveriesOf(hook.id)).items).toHaveLength(1);
  await ann.updateWebhook({ params: { id: hook.id }, body: { isEnabled: true } });
  expect(await state()).toMatchObject({ isEnabled: true, disabledBecause: null });
});

test('a test message is sent at once, a delivery again on demand, both secrets sign for a day', async () => {
  const hook = await newHook(['link.revoked']);
  const ann = await here.as('ann');
  const sent = await ann.testWebhook({ params: { id: hook.id } });
  const [message] = await receiver.count(1);
  expect(typeOf(message as never)).toBe('test');
  const renewed = await ann.renewWebhookSecret({ params: { id: hook.id } });
  await ann.redeliver({ params: { id: hook.id, deliveryId: sent.id } });
  const again = (await receiver.count(2))[1];
  for (const secret of [hook.secret, renewed.secret]) {
    new Webhook(secret).verify(again?.body ?? '', again?.headers as Record<string, string>);
  }
  expect(JSON.stringify(await ann.listWebhooks({}))).not.toContain('whsec_');
});

test("another owner's webhook is not found, ten are enough, and a deleted account leaves none", async () => {
  const hook = await newHook();
  const ben = await here.as('ben');
  for (const call of [
    () => ben.testWebhook({ params: { id: hook.id } }),
    () => ben.listDeliveries({ params: { id: hook.id } }),
    () => ben.deleteWebhook({ params: { id: hook.id } }),
    () => ben.updateWebhook({ params: { id: hook.id }, body: { isEnabled: false } }),
  ]) {
    expect(await problemOf(call())).toBe('not_found');
  }
  for (let n = 1; n < 10; n++) await newHook(['link.opened']);
  expect(await problemOf(newHook())).toBe('webhook_limit');
  await newLink();
  here.identity.written.publish({ type: 'user.deleted', userId: 'ann' });
  await vi.waitFor(async () => expect((await (await here.as('ann')).listWebhooks({})).items).toEqual([]));
});
