import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Neighbourhood, neighbourhood, problemOf, targetOf } from '../testing/stand-ins.ts';

let here: Neighbourhood;
beforeAll(async () => {
  here = await neighbourhood();
});
afterAll(() => here.close());

const newLink = async (limits: object = {}) =>
  (await here.as('ann')).createLink({ body: { ...targetOf('ann'), ...limits } });
const report = async (code: string, reason: 'illegal' | 'spam' | 'privacy' = 'illegal', detail = 'because') =>
  (await here.as()).reportLink({ params: { code }, body: { reason, detail } });
const openingOf = async (code: string) =>
  problemOf((await here.as()).openLink({ params: { code }, body: {} }));
const queue = async () => (await here.internal().reports({ query: {} })).items;

test('a report of anybody reaches the queue, with what the operator needs and nothing about the sender', async () => {
  const link = await newLink({ alias: 'bad-film', password: 'pw' });
  await report('bad-film');
  const [item] = await queue();
  expect(item).toMatchObject({
    code: link.code,
    title: 'Film of ann',
    ownerId: 'ann',
    reason: 'illegal',
    detail: 'because',
    isTakenDown: false,
  });
  expect(JSON.stringify(await queue())).not.toContain('192.0.2');
  expect(await problemOf(report('AAAAAAAAAAAA'))).toBe('not_found');
  await here.internal().dismissReports({ params: { code: link.code }, body: { note: 'it is fine' } });
  expect(await queue()).toEqual([]);
  expect(await (await here.as('ann')).getLink({ params: { id: link.id } })).toMatchObject({
    state: 'open',
  });
});

test('a flood of reports of one link stays small', async () => {
  const { code } = await newLink();
  await Promise.all(Array.from({ length: 80 }, () => report(code, 'spam')));
  expect(await queue()).toHaveLength(50);
  await here.internal().dismissReports({ params: { code }, body: { note: 'spam itself' } });
  expect(await queue()).toEqual([]);
});

test('a link that is taken down is 451 by code and alias, its sessions end, and it can be put back', async () => {
  const link = await newLink({ alias: 'taken-film' });
  await report(link.code);
  const params = { code: 'taken-film' };
  await here.internal().takeDown({ params, body: { note: 'court order 7' } });
  for (const segment of [link.code, 'taken-film']) {
    expect((await fetch(`${await here.socket()}/${segment}`, { redirect: 'manual' })).status).toBe(451);
    expect(await openingOf(segment)).toBe('taken_down');
  }
  expect(await queue()).toEqual([]);
  const lastEvent = async () => (await here.internal().events({ query: {} })).items.at(-1)?.data;
  expect(await lastEvent()).toMatchObject({ type: 'link.changed', linkId: link.id, epoch: 2, revoked: true });
  const ann = await here.as('ann');
  expect((await ann.listLinks({ query: {} })).items.find(({ id }) => id === link.id)?.state).toBe(
    'taken_down',
  );
  // The owner can change it, but not bring it back.
  await ann.updateLink({ params: { id: link.id }, body: { label: 'mine' } });
  expect(await openingOf(link.code)).toBe('taken_down');

  await here.internal().restore({ params, body: { note: 'order lifted' } });
  expect(await openingOf(link.code)).toBe('none');
  expect(await lastEvent()).toMatchObject({ epoch: 3, revoked: false });
  expect(await problemOf(here.internal().restore({ params, body: { note: 'again' } }))).toBe('conflict');
  const { items } = await here.internal().audit({ query: { limit: 2 } });
  expect(items).toMatchObject([
    { action: 'restore', linkId: link.id, note: 'order lifted' },
    { action: 'takedown', linkId: link.id, note: 'court order 7' },
  ]);
});

test('a revoked link is not taken down, so that it cannot be put back', async () => {
  const link = await newLink();
  await (await here.as('ann')).revokeLink({ params: { id: link.id } });
  const input = { params: { code: link.code }, body: { note: 'late' } };
  expect(await problemOf(here.internal().takeDown(input))).toBe('link_revoked');
  expect(await problemOf(here.internal().restore(input))).toBe('conflict');
  expect(await openingOf(link.code)).toBe('link_revoked');
});

test('nobody but a service may decide', async () => {
  const { code } = await newLink();
  for (const path of ['takedown', 'restore', 'dismiss']) {
    const request = new Request(`http://service/internal/links/${code}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await here.identity.sign('ann', 'links')}` },
    });
    expect((await here.service.fetch(request)).status).toBe(403);
  }
});

test('reports of an erased account are erased', async () => {
  const link = await (await here.as('ben')).createLink({ body: targetOf('ben') });
  await report(link.code);
  expect(await queue()).toHaveLength(1);
  here.identity.written.publish({ type: 'user.deleted', userId: 'ben' });
  await expect.poll(queue).toEqual([]);
});

test('links that are taken down are listed once each, page by page, while they are', async () => {
  const [support, admin] = await Promise.all(
    ['support', 'admin'].map((role) => here.as(`lists-${role}`, undefined, role)),
  );
  const links = [await newLink(), await newLink(), await newLink()];
  const body = { note: 'paged' };
  for (const { code } of links) await admin!.takeDownLink({ params: { code }, body });
  for (const { code } of links) await admin!.dismissLinkReports({ params: { code }, body });
  const [first] = links;
  await admin!.restoreLink({ params: { code: first!.code }, body });
  await admin!.takeDownLink({ params: { code: first!.code }, body });
  await here.internal().takeDown({ params: { code: links[1]!.code }, body }); // again: the newest decision counts
  const seen: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = { limit: 2, ...(cursor !== undefined && { cursor }) };
    const page = await support!.listTakenDown({ query });
    seen.push(...page.items.filter(({ note }) => note === 'paged').map(({ linkId }) => linkId));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  expect(seen).toEqual([links[1], links[0], links[2]].map((link) => link!.id));
  for (const { code } of links) await admin!.restoreLink({ params: { code }, body });
});

test('support looks and an administrator acts, under his own name', async () => {
  const [user, support, admin] = await Promise.all(
    ['user', 'support', 'admin'].map((role) => here.as(`the-${role}`, undefined, role)),
  );
  const { code, id } = await newLink();
  await report(code, 'privacy');
  const params = { code };
  const body = { note: 'seen' };
  expect(await problemOf(user!.listReports({ query: {} }))).toBe('forbidden');
  expect((await support!.listReports({ query: {} })).items.map((item) => item.linkId)).toContain(id);
  expect(await problemOf(support!.takeDownLink({ params, body }))).toBe('forbidden');
  await admin!.takeDownLink({ params, body });
  expect(await openingOf(code)).toBe('taken_down');
  const takenDown = async () => (await support!.listTakenDown({ query: { limit: 1 } })).items;
  expect(await problemOf(user!.listTakenDown({ query: {} }))).toBe('forbidden');
  expect(await takenDown()).toMatchObject([{ linkId: id, code, note: 'seen', by: 'the-admin' }]);
  await admin!.restoreLink({ params, body });
  expect((await takenDown()).map(({ linkId }) => linkId)).not.toContain(id);
  expect(await openingOf(code)).toBe('none');
  await report(code);
  await admin!.dismissLinkReports({ params, body });
  expect((await support!.listReports({ query: {} })).items.filter((item) => item.linkId === id)).toEqual([]);
  const { items } = await support!.listDecisions({ query: { limit: 3 } });
  expect(items.map(({ action, by }) => [action, by])).toEqual([
    ['dismiss', 'the-admin'],
    ['restore', 'the-admin'],
    ['takedown', 'the-admin'],
  ]);
});
