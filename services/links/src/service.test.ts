import { createVerifier, issuers, silentLog } from '@ptsdly/kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLinks } from './service.ts';
import { onEachStore } from './testing/each-store.ts';
import { type Neighbourhood, neighbourhood, targetOf } from './testing/stand-ins.ts';

onEachStore((newUrl) => {
  let here: Neighbourhood;
  beforeEach(async () => {
    here = await neighbourhood({ kvUrl: newUrl() });
  });
  afterEach(() => here.close());

  test('a restart keeps links, limits, views, clicks, cards, cookies, events and the signing key', async () => {
    const ann = await here.as('ann');
    const link = await ann.createLink({ body: { ...targetOf('ann'), maxViews: 1, label: 'Birthday' } });
    const opened = await here.service.fetch(
      new Request(`http://service/api/links/${link.code}/open`, { method: 'POST' }),
    );
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
    const { grant } = (await opened.json()) as { grant: string };
    await here.service.fetch(new Request(`http://service/${link.code}`));
    await ann.updateLink({ params: { id: link.id }, body: { password: 'pw' } });
    await ann.updateLink({ params: { id: link.id }, body: { password: null } });
    const before = {
      link: await ann.getLink({ params: { id: link.id } }),
      stats: await ann.linkStats({ params: { id: link.id } }),
      events: await here.internal().events({ query: {} }),
    };
    expect(before.stats).toMatchObject({ redirects: 1, views: 1 });

    await here.restart();

    const again = await here.as('ann');
    expect(await again.getLink({ params: { id: link.id } })).toEqual(before.link);
    expect(await again.linkStats({ params: { id: link.id } })).toEqual(before.stats);
    expect(await here.internal().events({ query: {} })).toEqual(before.events);
    const verifier = createVerifier(issuers.links, () => here.internal().keys({}));
    expect(await verifier.verify(grant, 'server:server-of-ann')).toMatchObject({ linkId: link.id, epoch: 1 });
    // The epoch has moved on with the password, and with it the cookie's view.
    const reopened = await here.service.fetch(
      new Request(`http://service/api/links/${link.code}/open`, { method: 'POST', headers: { cookie } }),
    );
    expect(reopened.status).toBe(410);
  });

  test('health, readiness and metrics are served; a closed store is not ready', async () => {
    const get = (path: string) => here.service.fetch(new Request(`http://service${path}`));
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    const link = await (await here.as('ann')).createLink({ body: targetOf('ann') });
    await get(`/${link.code}`);
    await (await here.as('ann')).linkStats({ params: { id: link.id } });
    expect(await (await get('/metrics')).text()).toMatch(/links_clicks_total\{service="links"\} 1/);
    await here.service.close();
    expect((await get('/readyz')).status).toBe(503);
    await here.restart();
  });

  test('a second service over the same embedded store is refused with a sentence', async (context) => {
    if (!here.linksOptions.kvUrl.startsWith('lmdb:')) return context.skip('Redis is for several');
    const second = openLinks({ ...here.linksOptions, log: silentLog });
    await expect(second).rejects.toThrow(/in use by another process/);
  });

  test('closing twice does no harm', async () => {
    await here.service.close();
    await here.service.close();
  });
});
