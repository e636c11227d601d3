import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg } from '../../services/media/src/testing/fixtures.ts';
import { checkFormat } from '../../services/media/src/testing/format-check.ts';
import { type FormatName, formats } from '../../services/media/src/testing/formats.ts';
import { openRig, type Rig } from '../../services/media/src/testing/server.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({}, { converts: true });
});
afterAll(() => rig.close());

/** What no browser plays becomes playable in the end, and decodes segment by segment. */
describe.skipIf(!hasFfmpeg)('a file that no browser plays', () => {
  it.each(Object.keys(formats) as FormatName[])('%s', { timeout: 180_000 }, async (name) => {
    expect(await checkFormat(rig, name)).toEqual([]);
  });
});
