import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Neighbourhood, neighbourhood, problemOf, targetOf, videoNamed } from '../testing/stand-ins.ts';

let here: Neighbourhood;
beforeAll(async () => {
  here = await neighbourhood();
});
afterAll(() => here.close());

test('all links of a video are revoked in one call, also the taken down and the scheduled; no others', async () => {
  const ann = await here.as('ann');
  here.media.ann?.videos.set('second', videoNamed('second', 'Second'));
  const other = await ann.createLink({ body: { serverId: 'server-of-ann', videoId: 'second' } });
  const bens = await (await here.as('ben')).createLink({ body: targetOf('ben') });
  const opensAt = new Date(Date.now() + 60_000).toISOString();
  await ann.createLink({ body: { ...targetOf('ann'), opensAt } });
  const down = await ann.createLink({ body: targetOf('ann') });
  await here.internal().takeDown({ params: { code: down.code }, body: { note: 'why' } });
  const { items } = await ann.listLinks({ query: { videoId: 'video-of-ann', limit: 200 } });
  const answer = await ann.revokeLinks({ query: { videoId: 'video-of-ann' } });
  expect(answer.revoked).toBe(items.length);
  expect((await ann.listLinks({ query: { videoId: 'video-of-ann' } })).items).toEqual([]);
  for (const { code } of items) {
    expect(await problemOf((await here.as()).openLink({ params: { code }, body: {} }))).toBe('link_revoked');
  }
  for (const { code } of [other, bens]) await (await here.as()).openLink({ params: { code }, body: {} });
  expect(await ann.revokeLinks({ query: { videoId: 'video-of-ben' } })).toEqual({
    revoked: 0,
    stopped: true,
  });
});
