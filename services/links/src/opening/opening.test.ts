import { type CallInput, grantClaims, type linksApi, Problem } from '@ptsdly/contract';
import { createVerifier, issuers } from '@ptsdly/kit';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { onEachStore } from '../testing/each-store.ts';
import { type Neighbourhood, neighbourhood, problemOf, targetOf } from '../testing/stand-ins.ts';

onEachStore((newUrl) => {
  let here: Neighbourhood;
  beforeAll(async () => {
    here = await neighbourhood({ kvUrl: newUrl() });
  });
  afterAll(() => here.close());
  afterEach(() => void vi.useRealTimers());

  type Body = Partial<CallInput<typeof linksApi.createLink>['body']>;

  const linkWith = async (limits: Body = {}) =>
    (await here.as('ann')).createLink({ body: { ...targetOf('ann'), ...limits } });

  /** Opens over the function, with headers as a browser and the gateway send them. */
  async function open(code: string, body: object = {}, headers: Record<string, string> = {}) {
    const request = new Request(`http://service/api/links/${code}/open`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.1', ...headers },
      body: JSON.stringify(body),
    });
    const response = await here.service.fetch(request);
    const cookie = response.headers.get('set-cookie');
    const json = (await response.json()) as { code?: string; grant?: string };
    return { status: response.status, cookie, retryAfter: response.headers.get('retry-after'), json };
  }

  const viewsOf = async (id: string) => (await (await here.as('ann')).getLink({ params: { id } })).views;
  const at = (ms: number) => new Date(ms).toISOString();
  /** Only the clock moves; timers and sockets run on. */
  const moveClock = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });

  test('answers a grant that the media server can check: issuer, audience, claims, a minute', async () => {
    const expiresAt = at(Date.now() + 3_600_000);
    const link = await linkWith({ startAt: 3, endAt: 9, allowDownload: true, expiresAt });
    const { json, status } = await open(link.code);
    expect(status).toBe(200);
    expect(json).toMatchObject({ serverUrl: '/m/ann-media', videoId: 'video-of-ann', startAt: 3, endAt: 9 });
    const verifier = createVerifier(issuers.links, () => here.internal().keys({}));
    const payload = await verifier.verify(json.grant ?? '', 'server:server-of-ann');
    expect(grantClaims.parse(payload)).toMatchObject({
      linkId: link.id,
      epoch: 1,
      videoId: 'video-of-ann',
      allowDownload: true,
      linkExp: Math.floor(Date.parse(expiresAt) / 1000),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    await expect(verifier.verify(json.grant ?? '', 'server:server-of-ben')).rejects.toThrow();
    const { json: again } = await open(link.code);
    expect(grantClaims.parse(await verifier.verify(again.grant ?? '', 'server:server-of-ann')).jti).not.toBe(
      grantClaims.parse(payload).jti,
    );
  });

  test('while the video lies in the trash nobody opens its links, no view is taken, and previews are neutral', async () => {
    const link = await linkWith({ maxViews: 1 });
    const shown = await linkWith();
    const card = { title: 'A', duration: 1, width: 2, height: 2, posterBase64: null };
    const told = (trashed: boolean) =>
      here.internal().putCard({ params: targetOf('ann'), body: { ...card, trashed } });
    const preview = () => here.internal().preview({ params: { code: shown.code } });
    await told(true);
    expect(await open(link.code)).toMatchObject({ status: 410, json: { code: 'video_trashed' } });
    expect(await viewsOf(link.id)).toBe(0);
    expect(await preview()).toMatchObject({ state: 'open', card: null, hasPoster: false });
    await told(false);
    expect((await open(link.code)).status).toBe(200);
    expect(await viewsOf(link.id)).toBe(1);
    expect((await preview()).card?.title).toBe('A');
  });

  test('a grant never outlives its link', async () => {
    const expiresAt = Date.now() + 20_000;
    const { json } = await open((await linkWith({ expiresAt: at(expiresAt) })).code);
    const claims = JSON.parse(Buffer.from(json.grant?.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number;
    };
    expect(claims.exp).toBe(Math.floor(expiresAt / 1000));
  });

  test('the private key never leaves', async () => {
    const { keys } = await here.internal().keys({});
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA' });
    expect(keys[0]).not.toHaveProperty('d');
  });

  test('of 60 that open a link for 7 views at once, exactly 7 get in', async () => {
    const link = await linkWith({ maxViews: 7 });
    const answers = await Promise.all(Array.from({ length: 60 }, () => open(link.code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(7);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ status, json }) => `${status} ${json.code}`))).toEqual(
      new Set(['410 link_used_up']),
    );
    expect(await viewsOf(link.id)).toBe(7);
  });

  test('the same viewer takes one view in ten minutes, also when the link is used up', async () => {
    const link = await linkWith({ maxViews: 1 });
    const first = await open(link.code);
    expect(first.cookie).toMatch(
      new RegExp(`^ptsdly_viewer=[^;]+; Path=/api/links/${link.code}; Max-Age=600; HttpOnly; SameSite=Lax$`),
    );
    const cookie = first.cookie?.split(';')[0] ?? '';
    const again = await open(link.code, {}, { cookie: `other=1; ${cookie}` });
    expect([again.status, again.cookie]).toEqual([200, null]);
    expect(await viewsOf(link.id)).toBe(1);
    expect((await open(link.code)).json.code).toBe('link_used_up');
    moveClock(601_000);
    expect((await open(link.code, {}, { cookie })).json.code).toBe('link_used_up');
  });

  test('a viewer cookie is worth nothing for another link, altered, or made up', async () => {
    const [one, other] = [await linkWith({ maxViews: 1 }), await linkWith({ maxViews: 1 })];
    const cookie = (await open(one.code)).cookie?.split(';')[0] ?? '';
    await open(other.code);
    for (const forged of [cookie, `${cookie.slice(0, -2)}xx`, 'ptsdly_viewer=zzzzzz.', 'ptsdly_viewer=']) {
      expect((await open(other.code, {}, { cookie: forged })).json.code).toBe('link_used_up');
    }
  });

  test('opens between opensAt and expiresAt only', async () => {
    const now = Date.now();
    const link = await linkWith({ opensAt: at(now + 60_000), expiresAt: at(now + 120_000) });
    expect(await open(link.code)).toMatchObject({ status: 403, json: { code: 'not_open_yet' } });
    moveClock(61_000);
    expect((await open(link.code)).status).toBe(200);
    moveClock(60_000);
    expect(await open(link.code)).toMatchObject({ status: 410, json: { code: 'link_expired' } });
    expect(await viewsOf(link.id)).toBe(1);
  });

  test('asks for the password, takes the right one, and limits wrong ones by link and client', async () => {
    const link = await linkWith({ password: 'open sesame' });
    expect(link.hasPassword).toBe(true);
    expect(JSON.stringify(link)).not.toContain('sesame');
    expect(await open(link.code)).toMatchObject({ status: 401, json: { code: 'password_required' } });
    expect((await open(link.code, { password: 'open sesame' })).status).toBe(200);
    const wrong = await Promise.all(Array.from({ length: 7 }, () => open(link.code, { password: 'wrong' })));
    expect(wrong.filter(({ json }) => json.code === 'wrong_password')).toHaveLength(5);
    const limited = wrong.filter(({ json }) => json.code === 'rate_limited');
    expect(limited).toHaveLength(2);
    expect(Number(limited[0]?.retryAfter)).toBeGreaterThan(0);
    expect((await open(link.code, { password: 'open sesame' })).json.code).toBe('rate_limited');
    const elsewhere = { 'x-forwarded-for': '192.0.2.2' };
    expect((await open(link.code, { password: 'open sesame' }, elsewhere)).status).toBe(200);
    expect(await viewsOf(link.id)).toBe(2);
  });

  test('the password lies in the store as a hash only', async (context) => {
    if (!here.linksOptions.kvUrl.startsWith('lmdb:')) return context.skip('the bytes are in a file of Redis');
    const link = await linkWith({ password: 'Correct-Horse-9' });
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(`${here.linksOptions.kvUrl.slice('lmdb:'.length)}/data.mdb`);
    expect(bytes.includes('Correct-Horse-9')).toBe(false);
    expect(bytes.includes(link.code)).toBe(true);
  });

  test('preview robots open nothing and count as nothing', async () => {
    const link = await linkWith({ maxViews: 1 });
    const robot = await open(link.code, {}, { 'user-agent': 'facebookexternalhit/1.1; kakaotalk-scrap/1.0' });
    expect(robot).toMatchObject({ status: 403, cookie: null });
    expect(await viewsOf(link.id)).toBe(0);
  });

  test('unknown, malformed and nearly right codes are all not_found', async () => {
    const { code } = await linkWith();
    const swapped = code.replace(/[a-z]/i, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    for (const wrong of ['AAAAAAAAAAAA', 'x', `${code}x`, '%00', ...(swapped === code ? [] : [swapped])]) {
      expect(await open(wrong)).toMatchObject({ status: 404, json: { code: 'not_found' } });
    }
  });

  test('under https the viewer cookie is Secure', async () => {
    const secure = await neighbourhood({ kvUrl: newUrl(), baseUrl: 'https://ptsd.test' });
    const link = await (await secure.as('ann')).createLink({ body: targetOf('ann') });
    expect(link.url).toBe(`https://ptsd.test/${link.code}`);
    const request = new Request(`http://service/api/links/${link.code}/open`, { method: 'POST' });
    const response = await secure.service.fetch(request);
    expect(response.headers.get('set-cookie')).toMatch(/; Secure$/);
    await secure.close();
  });

  test('a link is made only to a video that exists and is the caller’s own', async () => {
    const ann = await here.as('ann');
    const attempt = (body: { serverId: string; videoId: string }) => problemOf(ann.createLink({ body }));
    expect(await attempt(targetOf('ben'))).toBe('not_found');
    expect(await attempt({ serverId: 'server-of-ann', videoId: 'video-of-ben' })).toBe('not_found');
    expect(await attempt({ serverId: 'server-of-ann', videoId: '../../etc' })).toBe('not_found');
    expect(await attempt({ serverId: 'no-server', videoId: 'video-of-ann' })).toBe('not_found');
    expect(await problemOf((await here.as()).createLink({ body: targetOf('ann') }))).toBe('unauthenticated');
  });

  test('a media server that cannot be asked is unavailable, not unknown', async () => {
    const ann = await here.as('ann');
    const server = here.subscriptions.servers.get('server-of-ann');
    if (!server) throw new Error('the stand-in has no server');
    for (const address of [null, 'http://127.0.0.1:9', 'unix:/nowhere/media.sock']) {
      here.subscriptions.servers.set(server.id, { ...server, address });
      const failed = await ann
        .createLink({ body: targetOf('ann') })
        .catch((error: unknown) => Problem.from(error));
      expect(failed).toMatchObject({ code: 'unavailable', status: 503 });
    }
    here.subscriptions.servers.set(server.id, server);
  });

  test('fields are checked', async () => {
    const wrong: Body[] = [
      { maxViews: 0 },
      { expiresAt: at(Date.now() - 1000) },
      { opensAt: 'tomorrow' },
      { startAt: -1 },
      { startAt: 5, endAt: 5 },
      { password: '' },
    ];
    for (const limits of wrong) expect(await problemOf(linkWith(limits))).toBe('invalid_fields');
  });
});
