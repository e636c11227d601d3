import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg } from '../testing/fixtures.ts';
import { checkFormat } from '../testing/format-check.ts';
import { openRig, type Rig } from '../testing/server.ts';
import { readProbe } from './outside.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({}, { converts: true });
});
afterAll(() => rig.close());

/** All others stand in test/lab/formats.test.ts. */
describe.skipIf(!hasFfmpeg)('a file of which no packet has a place in what we read', () => {
  it.each(['FLV: screen video, uneven', 'MPEG-PS: MPEG-2, DVD PCM', 'TS: MPEG-4, MP2'] as const)(
    '%s is decoded from the original, window by window',
    { timeout: 90_000 },
    async (name) => expect(await checkFormat(rig, name)).toEqual([]),
  );
});

it.each([
  ['25/1', '25/1', 25, 'even'],
  ['7/1', '25/1', 25, 'uneven, so that each frame keeps its time'],
  ['30000/1001', '60000/1001', 29.97, 'two fields a frame'],
  ['24000/1001', '1000/1', 23.976, 'a clock of milliseconds'],
  ['7/2', '1000/1', 30, 'uneven on a clock of milliseconds'],
  ['0/0', '15/1', 15, 'without an average'],
  ['0/0', '90000/1', 25, 'unknown'],
])('frames a second of %s on average, exactly %s, are shown in %s: %s', (average, exact, rate) => {
  const picture = { codec_type: 'video', codec_name: 'flashsv', width: 320, height: 180, duration: '10' };
  const streams = [{ ...picture, avg_frame_rate: average, r_frame_rate: exact }];
  const { video } = readProbe({ streams }, { path: 'a.flv', demuxer: 'flv', size: 1000 });
  expect((video?.samples.count ?? 0) / 10).toBeCloseTo(rate, 1);
});
