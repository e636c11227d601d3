import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Neighbourhood, neighbourhood, targetOf } from '../testing/stand-ins.ts';

let here: Neighbourhood;
beforeAll(async () => {
  here = await neighbourhood();
});
afterAll(() => here.close());

test('a link says what it does now: scheduled, open, used up, open again, expired', async () => {
  const ann = await here.as('ann');
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  const body = { ...targetOf('ann'), opensAt: at(60_000), maxViews: 1 };
  const link = await ann.createLink({ body });
  const params = { id: link.id };
  expect(link.state).toBe('scheduled');
  expect((await ann.updateLink({ params, body: { opensAt: null } })).state).toBe('open');
  await (await here.as()).openLink({ params: { code: link.code }, body: {} });
  expect((await ann.getLink({ params })).state).toBe('used_up');
  expect((await ann.updateLink({ params, body: { maxViews: 2 } })).state).toBe('open');
  await ann.updateLink({ params, body: { expiresAt: at(-1000) } });
  expect((await ann.listLinks({ query: {} })).items[0]?.state).toBe('expired');
});
