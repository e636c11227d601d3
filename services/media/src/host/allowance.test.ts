import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasFfmpeg, makeClip } from '../testing/fixtures.ts';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { announce, upload } from '../testing/tus-calls.ts';

let rig: Rig;
let id: string;
beforeAll(async () => {
  rig = await openRig();
  if (hasFfmpeg) id = await upload(rig, makeClip({ duration: 4 }), 'a.mp4');
});
afterAll(() => rig?.close());

const open = async (jti: string) => {
  const body = JSON.stringify({ grant: await rig.host.grant({ videoId: id, jti }) });
  return rig.call('POST', '/play', { open: true, headers: { 'content-type': 'application/json' }, body });
};
const look = (url: string) => rig.call('GET', url, { open: true });
/** What the host answers next is known here. */
const told = async (change: Partial<Rig['host']['allowed']>) => {
  Object.assign(rig.host.allowed, { mode: 'full', transferLeft: 1e12, concurrentViewers: 100 }, change);
  await rig.restart();
};

it.skipIf(!hasFfmpeg)('what is sent and to how many is told as sums of one run', async () => {
  const { hlsUrl } = JSON.parse((await open('g1')).body.toString()) as { hlsUrl: string };
  await look(hlsUrl);
  const original = await rig.call('GET', `/videos/${id}/original`);
  const first = rig.host.meters[0]?.run;
  await rig.restart(); // a server that goes tells what is left to tell
  const last = rig.host.meters.findLast(({ run }) => run === first);
  expect(last?.viewers).toBe(1);
  expect(last?.sentBytes).toBeGreaterThan(original.body.length);
  expect(rig.host.meters.at(-1)).toMatchObject({ sentBytes: 0, viewers: 0 });
});

it.skipIf(!hasFfmpeg)('one viewer too many is told to wait, and their grant stays good', async () => {
  await told({ concurrentViewers: 1 });
  const { hlsUrl } = JSON.parse((await open('v1')).body.toString()) as { hlsUrl: string };
  await look(hlsUrl);
  const refused = await open('v2');
  expect([refused.status, refused.problem().code]).toEqual([429, 'too_many_viewers']);
  expect(refused.headers['retry-after']).toBe('15');
  expect((await look(hlsUrl)).status).toBe(200);
  expect(await rig.client.playOwn({ params: { id } })).toMatchObject({ session: expect.any(String) });
  await told({});
  expect((await open('v2')).status).toBe(200);
});

it.skipIf(!hasFfmpeg)('whoever closes the page makes room soon', async () => {
  await told({ concurrentViewers: 1 });
  const { hlsUrl } = JSON.parse((await open('c1')).body.toString()) as { hlsUrl: string };
  const page = await rig.open('GET', hlsUrl.replace('master.m3u8', 'events'), { open: true });
  expect((await open('c2')).problem().code).toBe('too_many_viewers');
  page.destroy();
  await eventually(async () => (await open('c2')).status === 200);
});

it.skipIf(!hasFfmpeg)('used up transfer stops viewers, also in the midst, and never the owner', async () => {
  const { hlsUrl } = JSON.parse((await open('t1')).body.toString()) as { hlsUrl: string };
  await told({ transferLeft: -5 });
  expect((await look(hlsUrl)).problem().code).toBe('transfer_used_up');
  expect((await open('t2')).problem().code).toBe('transfer_used_up');
  const own = await rig.client.playOwn({ params: { id } });
  expect((await look(own.hlsUrl)).status).toBe(200);
});

it.skipIf(!hasFfmpeg)(
  'after the end of its subscription a server lets its owner download and takes nothing in',
  async () => {
    await told({ mode: 'export' });
    expect((await open('e1')).problem().code).toBe('subscription_ended');
    await expect(announce(rig, 10)).rejects.toThrow('subscription_ended');
    expect((await rig.call('GET', `/videos/${id}/original`)).status).toBe(200);
  },
);
