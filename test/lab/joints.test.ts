import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFfmpeg } from '../../services/media/src/testing/fixtures.ts';
import { checkJoints, jointSources } from '../../services/media/src/testing/joints.ts';
import { openRig, type Rig } from '../../services/media/src/testing/server.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({}, { converts: true });
});
afterAll(() => rig.close());

/** Those that every run of the lab looks at; one more runs with every `npm test`. */
const usual = ['a single keyframe', 'groups of 12 s that browsers play', 'open groups of MPEG-2'];
const chosen = Object.entries(jointSources).filter(([name]) => process.env.LAB_FULL || usual.includes(name));

describe.skipIf(!hasFfmpeg)('windows, joined, are one encode', () => {
  it.each(chosen)('of %s', { timeout: 180_000 }, async (_, make) => {
    expect(await checkJoints(rig, make())).toEqual([]);
  });
});
