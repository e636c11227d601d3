import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg } from '../testing/fixtures.ts';
import { checkJoints, jointSources } from '../testing/joints.ts';
import { openRig, type Rig } from '../testing/server.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({}, { converts: true });
});
afterAll(() => rig.close());

/** The other sources stand in test/lab/joints.test.ts. */
describe.skipIf(!hasFfmpeg)('windows that were made in no order, joined, are one encode', () => {
  it('of a variable frame rate', { timeout: 90_000 }, async () => {
    expect(await checkJoints(rig, jointSources['a variable frame rate']())).toEqual([]);
  });
});
