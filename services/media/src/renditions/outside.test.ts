import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg } from '../testing/fixtures.ts';
import { checkFormat } from '../testing/format-check.ts';
import { openRig, type Rig } from '../testing/server.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({}, { converts: true });
});
afterAll(() => rig.close());

/** All others stand in test/lab/formats.test.ts. */
describe.skipIf(!hasFfmpeg)('a file of which no packet has a place in what we read', () => {
  it.each(['FLV: screen video, Nellymoser', 'MPEG-PS: MPEG-2, DVD PCM', 'TS: MPEG-4, MP2'] as const)(
    '%s is decoded from the original, window by window',
    { timeout: 90_000 },
    async (name) => expect(await checkFormat(rig, name)).toEqual([]),
  );
});
