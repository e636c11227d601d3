import { hasFfmpeg } from '@ptsdly/packager/testing';
import {
  examine,
  faults,
  fixtures,
  sources,
  type TortureCase,
  tortureCases,
} from '@ptsdly/packager/testing/torture';
import { describe, expect, it } from 'vitest';

/** The torture matrix; `--full` puts every other container and codec that the engine knows through it as well. */

const others: Record<string, () => Promise<string>> = process.env.LAB_FULL ? { ...fixtures, ...sources } : {};
const all: Record<string, TortureCase> = { ...tortureCases };
for (const [name, make] of Object.entries(others)) {
  all[name] ??= { make, ...(/open groups/.test(name) && { openGroups: true }) };
}

describe.skipIf(!hasFfmpeg)('a file with', () => {
  it.each(Object.entries(all))('%s becomes HLS that is the original', async (_, torture) => {
    expect(faults(await examine(await torture.make()), torture)).toEqual([]);
  });
});
