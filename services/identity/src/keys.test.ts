import { join } from 'node:path';
import { isOnMariaDb, newDatabase } from '@ptsdly/db/testing';
import { createVerifier, issuers } from '@ptsdly/kit';
import { decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { folder, Rig } from './testing.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let place: ReturnType<typeof folder>;
let databaseUrl: string;
beforeEach(() => {
  place = folder();
  databaseUrl = newDatabase(join(place.path, 'identity.db'));
});

const opened: Rig[] = [];
async function open(): Promise<Rig> {
  const rig = await Rig.open({ databaseUrl });
  opened.push(rig);
  return rig;
}
afterEach(async () => {
  vi.useRealTimers();
  for (const rig of opened.splice(0)) await rig.service.close();
  place.remove();
});

const passTime = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
const kidOf = (token: string) => String(decodeProtectedHeader(token).kid);
const published = async (rig: Rig) =>
  ((await rig.call('/internal/jwks')).json.keys as { kid: string }[]).map(({ kid }) => kid);

describe('a rotation of the signing key', () => {
  it('publishes the new key before it signs, and the old one until its tokens have ended', async () => {
    const rig = await open();
    const { cookie, token } = await rig.enter();
    const first = kidOf(token);
    const { id: second, signsFrom } = await rig.operator().rotateKeys({});
    expect(await published(rig)).toEqual([first, second]);

    const keys = await rig.call('/internal/jwks'); // fetched now, as by a service that never restarts
    const verifier = createVerifier(issuers.identity, async () => ({ keys: keys.json.keys ?? [] }));
    passTime(Date.parse(signsFrom) - Date.now() - 1000);
    const last = await rig.issue({ cookie }, 'links');
    expect(kidOf(last.token)).toBe(first);
    passTime(2000);
    const next = await rig.issue({ cookie }, 'links');
    expect(kidOf(next.token)).toBe(second);
    for (const each of [last, next]) await verifier.verify(each.token, 'links');
    await rig.issue({ subjectToken: last.token }); // an exchange of the last old token
    expect(await published(rig)).toEqual([first, second]);

    passTime(11 * MINUTE_MS);
    expect(await published(rig)).toEqual([second]);
    await rig.service.close();
    opened.length = 0;
    const again = await open();
    expect(kidOf((await again.issue({ cookie })).token)).toBe(second);
    expect(await published(again)).toEqual([second]);
  });

  it('is written down', async () => {
    const rig = await open();
    await rig.enter();
    await rig.operator().appoint({ body: { email: 'mina@example.com', role: 'support' } });
    const { id } = await rig.operator().rotateKeys({});
    const { token } = await rig.issue({ cookie: (await rig.signIn()).cookie });
    const trail = (await rig.call('/api/admin/audit', { token })).json.items as unknown as object[];
    expect(trail[0]).toMatchObject({ actor: 'operator', action: 'keys.rotate', subject: id });
  });

  it('happens by itself when the key is 90 days old', async () => {
    const rig = await open();
    const { token } = await rig.enter();
    await rig.service.close();
    passTime(91 * DAY_MS);
    opened.length = 0;
    const other = await open();
    const [first, second] = await published(other);
    expect([first, typeof second]).toEqual([kidOf(token), 'string']);
    const { cookie } = await other.signIn();
    expect(kidOf((await other.issue({ cookie })).token)).toBe(first);
    passTime(6 * MINUTE_MS);
    expect(kidOf((await other.issue({ cookie })).token)).toBe(second);
  });

  it.runIf(isOnMariaDb())('is seen by other processes over the same database', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const [one, other] = [await open(), await open()];
    await one.operator().rotateKeys({});
    const keys = await published(one);
    vi.advanceTimersByTime(30_000);
    await expect.poll(() => published(other)).toEqual(keys);
  });
});
