import { createVerifier, follow, internalPeer, issuers, type Service, silentLog } from '@ptsdly/kit';
import { openKv } from '@ptsdly/kv';
import { type RedisServer, redisMissing, startRedis } from '@ptsdly/kv/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClickLog } from '../clicks/click-log.ts';
import { keys } from '../keys.ts';
import { openLinks } from '../service.ts';
import { leasesEnd } from '../testing/each-store.ts';
import { type Neighbourhood, neighbourhood, problemOf, targetOf, tokens } from '../testing/stand-ins.ts';

const BROWSER = 'Mozilla/5.0 (Windows NT 10.0) Chrome/142.0.0.0 Safari/537.36';

describe.skipIf(redisMissing)('two services over one Redis', () => {
  let server: RedisServer;
  let count = 0;
  let here: Neighbourhood;
  let second: Service;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    here = await neighbourhood({ kvUrl: server.url(`links-${count++}`) });
    second = await openLinks(here.linksOptions);
  });
  afterEach(async () => {
    await second.close();
    await here.close();
  });

  const both = () => [here.service, second];
  const redirect = (service: Service, code: string) =>
    service.fetch(new Request(`http://service/${code}`, { headers: { 'user-agent': BROWSER } }));
  const open = (service: Service, code: string) =>
    service.fetch(new Request(`http://service/api/links/${code}/open`, { method: 'POST' }));
  const newLink = async (service: Service, limits: object = {}) =>
    (await here.as('ann', service)).createLink({ body: { ...targetOf('ann'), ...limits } });

  test('a cap of N under opens through both gives exactly N', async () => {
    const link = await newLink(second, { maxViews: 9 });
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, n) => open(both()[n % 2] as Service, link.code)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(9);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(71);
    const { views } = await (await here.as('ann')).getLink({ params: { id: link.id } });
    expect(views).toBe(9);
  });

  test('a code made in one leads on in the other, and revoked in one it is dead in the other', async () => {
    const link = await newLink(here.service);
    expect((await redirect(second, link.code)).status).toBe(302);
    const { grant } = (await (await open(second, link.code)).json()) as { grant: string };
    const verifier = createVerifier(issuers.links, () => here.internal(here.service).keys({}));
    expect(await verifier.verify(grant, 'server:server-of-ann')).toMatchObject({ linkId: link.id });
    await (await here.as('ann', second)).revokeLink({ params: { id: link.id } });
    expect((await redirect(here.service, link.code)).status).toBe(410);
    expect((await open(here.service, link.code)).status).toBe(410);
  });

  test('a revocation here is answered by what the media server says there, well within a second', async () => {
    const seen: unknown[] = [];
    const media = follow({
      ...internalPeer('links', { fetch: (request) => second.fetch(request) }, tokens),
      consumer: 'server:server-of-ann',
      serverId: 'server-of-ann',
      cursor: { load: async () => 0, save: async () => undefined },
      apply: (event) => void seen.push(event.data),
      log: silentLog,
    });
    await media.caughtUp;
    for (let n = 1; n <= 3; n++) {
      const { id } = await newLink(here.service);
      const started = performance.now();
      expect(await (await here.as('ann')).revokeLink({ params: { id } })).toEqual({ stopped: true });
      expect(performance.now() - started).toBeLessThan(800);
      expect(seen).toHaveLength(n);
    }
    await media.close();
  });

  test('both feeds give the same events in the same order, whoever wrote them', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const links = await Promise.all(Array.from({ length: 20 }, (_, n) => newLink(both()[n % 2] as Service)));
    await Promise.all(
      links.map(async ({ id }, n) =>
        (await here.as('ann', both()[n % 2])).updateLink({ params: { id }, body: { expiresAt: tomorrow } }),
      ),
    );
    const [one, other] = await Promise.all(both().map((each) => here.internal(each).events({ query: {} })));
    expect(one?.items.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(other).toEqual(one);
  });

  test('clicks and robots of both are one sum, at once, after folding, and after one has left', async () => {
    const [one, two] = [await newLink(here.service), await newLink(second)];
    const stats = async (service: Service, id: string) => {
      const { redirects, bots } = await (await here.as('ann', service)).linkStats({ params: { id } });
      return { redirects, bots };
    };
    const click = async (times: number) => {
      for (let n = 0; n < times; n++) for (const service of both()) await redirect(service, one.code);
      await second.fetch(new Request(`http://service/${two.code}`, { headers: { 'user-agent': 'curl/8' } }));
    };
    await click(20);
    await stats(second, one.id); // each flushes what it has in memory itself; the other within a second
    expect(await stats(here.service, one.id)).toEqual({ redirects: 40, bots: 0 });
    expect(await stats(here.service, two.id)).toEqual({ redirects: 0, bots: 1 });
    await second.close();
    second = await openLinks(here.linksOptions);
    await click(5);
    await vi.waitFor(
      async () => expect(await stats(here.service, one.id)).toEqual({ redirects: 50, bots: 0 }),
      { timeout: 5000 },
    );
    expect(await stats(second, two.id)).toEqual({ redirects: 0, bots: 2 });
  });

  test('a process that slept so long that its log was taken over counts on elsewhere, and nothing twice', async () => {
    const kv = await openKv(server.url(`links-${count++}`));
    await kv.put(keys.link('id'), {});
    const clicks = (redirects: number) => new Map([['id', { redirects, bots: 0 }]]);
    const sums = async (...logs: ClickLog[]) =>
      (await Promise.all(logs.map((log) => log.of('id')))).map(({ redirects }) => redirects);
    const sleeper = await ClickLog.open(kv);
    await sleeper.append(clicks(1));
    await leasesEnd(kv);
    const heir = await ClickLog.open(kv);
    await heir.append(clicks(10));
    expect(await kv.scan({ prefix: keys.clickWriters, limit: 9 })).toHaveLength(1);
    await Promise.all([heir.foldAll(), sleeper.append(clicks(100))]);
    expect(await kv.scan({ prefix: keys.clickWriters, limit: 9 })).toHaveLength(2);
    expect(await sums(sleeper, heir)).toEqual([111, 111]);
    await sleeper.append(clicks(1000));
    await leasesEnd(kv); // and now it is dead, with clicks in its log
    await heir.fold(true);
    expect(await sums(heir, await ClickLog.open(kv))).toEqual([1111, 1111]);
    expect(await kv.scan({ prefix: 'click-log/', limit: 9 })).toEqual([]);
    await kv.close();
  });

  test('two that open at the same moment agree on the keys', async () => {
    const options = { ...here.linksOptions, kvUrl: server.url(`links-${count++}`) };
    const pair = await Promise.all([openLinks(options), openLinks(options), openLinks(options)]);
    const jwks = await Promise.all(pair.map((each) => here.internal(each).keys({})));
    expect(new Set(jwks.map(({ keys: [key] }) => JSON.stringify(key))).size).toBe(1);
    await Promise.all(pair.map((each) => each.close()));
  });

  test('an account deleted leaves no clicks behind, though the other had them still in memory', async () => {
    const link = await newLink(here.service);
    await redirect(second, link.code);
    here.identity.written.publish({ type: 'user.deleted', userId: 'ann' });
    const kv = await openKv(here.linksOptions.kvUrl);
    await vi.waitFor(async () => expect(await kv.get(keys.link(link.id))).toBeUndefined(), { timeout: 5000 });
    await second.close();
    second = await openLinks(here.linksOptions);
    await vi.waitFor(
      async () => {
        expect(JSON.stringify(await kv.scan({ prefix: keys.clickPages, limit: 100 }))).not.toContain(link.id);
        expect((await kv.get<unknown[]>(keys.code(link.code)))?.[3]).toBe('revoked');
      },
      { timeout: 5000 },
    );
    await kv.close();
  });

  test('while Redis is away all is 503 with Retry-After, and it is well again by itself', async () => {
    const link = await newLink(here.service);
    const url = await here.socket();
    await server.signal('SIGKILL');
    const paths = [`/${link.code}`, '/readyz', `/watch/${link.code}/card.jpg`];
    await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(503), { timeout: 5000 });
    for (const path of paths) {
      const answer = await fetch(url + path, { redirect: 'manual' });
      expect([path, answer.status]).toEqual([path, 503]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({ code: 'unavailable' });
    }
    expect((await open(second, link.code)).status).toBe(503);
    expect(await problemOf(newLink(second))).toBe('unavailable');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await server.start();
    await vi.waitFor(
      async () => expect((await fetch(`${url}/${link.code}`, { redirect: 'manual' })).status).toBe(302),
      { timeout: 10_000 },
    );
    expect((await open(second, link.code)).status).toBe(200);
    await newLink(second);
  }, 30_000);
});
