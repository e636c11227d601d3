import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { processorSeconds, proportionalMemory } from '../bench/processor.ts';
import { jsonReport, type Measurement, median, quantile, tableReport } from '../bench/report.ts';
import { root } from './product.ts';

const run = promisify(execFile);

const measured: Measurement = {
  case: 'counted-1e6',
  value: 30_003.4,
  unit: 'request/cpu-s',
  limit: { name: 'nginx return 302', value: 100_000 },
  conditions: { links: 1e6 },
};
const unlimited: Measurement = { case: 'first-answer', value: 0.25, unit: 's', conditions: {} };

function printed(report: typeof jsonReport): string[] {
  const lines: string[] = [];
  report({ node: '24' }, (line) => lines.push(line)).add('a-bench', [measured, unlimited]);
  return lines;
}

test('a line of JSON a case; without a limit only the value', () => {
  expect(printed(jsonReport).map((line) => JSON.parse(line))).toEqual([
    {
      ...{ bench: 'a-bench', case: 'counted-1e6', value: 30_000, unit: 'request/cpu-s' },
      ...{ limitName: 'nginx return 302', limit: 100_000, ratio: 0.3 },
      conditions: { node: '24', links: 1e6 },
    },
    { bench: 'a-bench', case: 'first-answer', value: 0.25, unit: 's', conditions: { node: '24' } },
  ]);
});

test('a table for people, conditions below', () => {
  const table = printed(tableReport).join('\n');
  expect(table).toMatch(
    /a-bench +counted-1e6 +30,000 request\/cpu-s +nginx return 302: 100,000 +0\.30\na-bench/,
  );
  expect(table).toContain('counted-1e6: links 1000000');
});

test('quantiles', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9);
  expect(() => median([])).toThrow(RangeError);
});

test.runIf(process.platform === 'linux')('processor time and memory of a process', async () => {
  const before = await processorSeconds([process.pid]);
  const { user, system } = process.cpuUsage();
  for (const until = user + system + 200_000; ; ) {
    const now = process.cpuUsage();
    if (now.user + now.system > until) break;
  }
  expect(await processorSeconds([process.pid])).toBeGreaterThan(before + 0.1);
  expect(await proportionalMemory(process.pid)).toBeGreaterThan(10e6);
  await expect(processorSeconds([2 ** 30])).rejects.toThrow('has ended');
});

test('an unknown name is one clear line', async () => {
  const args = ['--disable-warning=ExperimentalWarning', join(root, 'bench/main.ts'), 'nonsense'];
  const failure = await run(process.execPath, args).then(
    () => undefined,
    (error: { code: number; stderr: string }) => error,
  );
  expect(failure?.code).toBe(1);
  expect(failure?.stderr.trim()).toMatch(/^There is no benchmark "nonsense"; there are [\w, -]+\.$/);
});
