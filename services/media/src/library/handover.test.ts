import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OffloadOffer, offloadOffer } from '@ptsdly/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, openRig, type Rig } from '../testing/server.ts';
import { upload } from '../testing/tus-calls.ts';

const bytes = randomBytes(1_000_000);
let rig: Rig;
let path: string;
beforeAll(async () => {
  rig = await openRig();
  path = `/videos/${await upload(rig, bytes)}/original`;
});
afterAll(() => rig?.close());

const ask = (what: string, range?: string) =>
  rig.call('GET', path, { headers: { 'x-ptsdly-offload': what, ...(range && { range }) } });
const offerIn = ({ headers }: { headers: Record<string, unknown> }): OffloadOffer | undefined => {
  const text = headers['x-ptsdly-offload'];
  return text === undefined ? undefined : offloadOffer.parse(JSON.parse(String(text)));
};

it('names the place of the bytes to whoever may have them and asks for it', async () => {
  const answer = await ask('offer', 'bytes=1000-300999');
  expect([answer.status, answer.body.length]).toEqual([206, 0]);
  expect(answer.headers['content-range']).toBe('bytes 1000-300999/1000000');
  const offer = offerIn(answer) as OffloadOffer;
  expect(offer).toMatchObject({ size: bytes.length, offset: 1000, length: 300_000, by: 'owner' });
  expect((await readFile(join(rig.folder, 'objects', offer.object))).equals(bytes)).toBe(true);
  const stranger = await rig.call('GET', path, { headers: { 'x-ptsdly-offload': 'offer' }, open: true });
  expect([stranger.status, offerIn(stranger)]).toEqual([401, undefined]);
});

it.each([
  ['nobody asks', undefined, 'bytes=0-299999'],
  ['the question is none', 'please', 'bytes=0-299999'],
  ['the piece is small', 'offer', 'bytes=0-999'],
])('sends the bytes where %s', async (_, what, range) => {
  const headers = { ...(what && { 'x-ptsdly-offload': what }), range };
  const answer = await rig.call('GET', path, { headers });
  expect([answer.status, offerIn(answer)]).toEqual([206, undefined]);
  expect(answer.body.equals(bytes.subarray(0, answer.body.length))).toBe(true);
});

it('counts what others send for it, once, and not what they did not send', async () => {
  await eventually(() => rig.host.meters.length > 0);
  await ask('offer', 'bytes=0-799999');
  for (let i = 0; i < 5; i++) await ask('renew', 'bytes=0-799999');
  await ask('unsent=500000', 'bytes=0-799999');
  await ask('offer', 'bytes=0-699999'); // a sum that has been told already is never told lower
  const run = rig.host.meters.at(-1)?.run;
  await rig.restart(); // a server that goes tells what is left to tell
  const sent = rig.host.meters.findLast((meter) => meter.run === run)?.sentBytes ?? 0;
  // before: 300,000 handed over, 601,000 sent; here 800,000 less 500,000, and 700,000
  expect(sent).toBeGreaterThan(1_901_000 - 1);
  expect(sent).toBeLessThan(1_901_000 + 50_000);
});
