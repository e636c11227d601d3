import { describe, expect, it } from 'vitest';
import { examine } from './testing/examination.ts';
import { faults } from './testing/faults.ts';
import { hasFfmpeg } from './testing/fixtures.ts';
import { tortureCases } from './testing/torture-cases.ts';

const quick = Object.entries(tortureCases).filter(([, { quick }]) => quick);

describe.skipIf(!hasFfmpeg)('a file with', () => {
  it.each(quick)('%s becomes HLS that is the original', { timeout: 90_000 }, async (_, torture) => {
    const problems = faults(await examine(await torture.make()), torture);
    expect(problems).toEqual([]);
  });
});
