// `npm run bench`, `npm run bench -- NAME…`, `--json`: see docs/benchmarks.md.
import { parseArgs } from 'node:util';
import { machine } from './machine.ts';
import { jsonReport, type Measurement, tableReport } from './report.ts';

/** Loaded one at a time: what one benchmark imports is no memory of another. */
const benchmarks: Readonly<Record<string, () => Promise<Measurement[]>>> = {
  'first-segment': async () => (await import('./first-segment.ts')).firstSegment(),
  packager: async () => (await import('./packager.ts')).packager(),
  redirect: async () => (await import('./redirect.ts')).redirect(),
  provisioning: async () => (await import('./provisioning.ts')).provisioning(),
  upload: async () => (await import('./upload.ts')).upload(),
  memory: async () => (await import('./memory.ts')).memory(),
  start: async () => (await import('./start.ts')).start(),
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const unknown = positionals.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(
    `There is no benchmark "${unknown.join(', ')}"; there are ${Object.keys(benchmarks).join(', ')}.`,
  );
  process.exit(1);
}

const chosen = positionals.length > 0 ? positionals : Object.keys(benchmarks);
const report = (values.json ? jsonReport : tableReport)(await machine(), (line) => console.log(line));
for (const name of chosen) {
  try {
    report.add(name, (await benchmarks[name]?.()) ?? []);
  } catch (error) {
    console.error(`${name} could not be measured: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
