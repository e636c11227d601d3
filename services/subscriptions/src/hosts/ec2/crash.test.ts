import { expect, test } from 'vitest';
import { allRows, crashEverywhere } from '../../testing/crash-matrix.ts';
import { openEc2World } from '../../testing/ec2/world.ts';

/** One way to each action and its calls that matter most; the laboratory goes all of them. */
const SHORT: Readonly<Record<string, RegExp>> = {
  create: /^RunInstances$/,
  upgrade: /^write$/,
  sleep: /^StopInstances$/,
  wake: /^StartInstances$/,
  destroy: /^(TerminateInstances|DeleteBucket)$/,
};

test.each(allRows.filter(({ name }) => name in SHORT))(
  'killed before and after what it does to $name',
  async (row) => {
    const matrix = {
      open: openEc2World,
      at: ({ name }: { name: string }) => SHORT[row.name]?.test(name) ?? false,
    };
    const moments = await crashEverywhere(matrix, row);
    expect(moments.length).toBeGreaterThanOrEqual(2);
    expect(moments[0]).toMatch(/^before /);
  },
);
