// `npm run bench`, `npm run bench -- NAME…`, `--json`: see docs/benchmarks.md.
import { parseArgs } from 'node:util';
import { machine } from './machine.ts';
import { jsonReport, type Measurement, tableReport } from './report.ts';

/** Loaded one at a time: what one benchmark imports is no memory of another. */
const benchmarks: Readonly<Record<string, () => Promise<Measurement[]>>> = {
  'first-segment': async () => (await import('./first-segment.ts')).firstSegment(),
  packager: async () => (await import('./packager.ts')).packager(),
  redirect: async () => (await import('./redirect.ts')).redirect(),
  'code-timing': async () => (await import('./code-timing.ts')).codeTiming(),
  provisioning: async () => [
    ...(await (await import('./provisioning.ts')).provisioning()),
    ...(await (await import('./subscribing.ts')).subscribing()),
    ...(await (await import('./resting.ts')).wake()),
  ],
  gateway: async () => (await import('./gateway.ts')).gateway(),
  library: async () => (await import('./library.ts')).library(),
  upload: async () => (await import('./upload.ts')).upload(),
  range: async () => (await import('./range.ts')).range(),
  memory: async () => (await import('./memory.ts')).memory(),
  storyboard: async () => (await import('./storyboard.ts')).storyboard(),
  rendition: async () => (await import('./rendition.ts')).rendition(),
  viewers: async () => (await import('./viewers.ts')).viewers(),
  'first-frame': async () => (await import('./first-frame.ts')).firstFrame(),
  start: async () => (await import('./start.ts')).start(),
};

/** Takes a quarter of an hour, so it is measured only when it is named. */
const long: typeof benchmarks = {
  'thousand-asleep': async () => (await import('./resting.ts')).thousandAsleep(),
};
const all = { ...benchmarks, ...long };

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const unknown = positionals.filter((name) => !(name in all));
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown.join(', ')}"; there are ${Object.keys(all).join(', ')}.`);
  process.exit(1);
}

const chosen = positionals.length > 0 ? positionals : Object.keys(benchmarks);
const report = (values.json ? jsonReport : tableReport)(await machine(), (line) => console.log(line));
for (const name of chosen) {
  try {
    report.add(name in long ? 'provisioning' : name, (await all[name]?.()) ?? []);
  } catch (error) {
    console.error(`${name} could not be measured: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
