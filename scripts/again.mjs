// `again REPORT SCRIPT`: runs the files that failed in a JSON report once more, alone, and puts their new results
// into the report. What failed the first time stays there under `failedOnce`, for the summary to tell.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { failuresOf } from './failures.mjs';

const mostFiles = 4; // more than that is no chance
const [path = '', script = ''] = process.argv.slice(2);
if (!existsSync(path)) process.exit(1); // it did not come as far as its tests
const report = JSON.parse(readFileSync(path, 'utf8'));
const files = [
  ...new Set(report.testResults.filter((file) => file.status === 'failed').map(({ name }) => name)),
];
if (files.length === 0 || files.length > mostFiles) process.exit(1);

const second = `${path}.again`;
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${second}`];
const { status } = spawnSync('npm', ['run', script, '--', ...reporters, ...files], { stdio: 'inherit' });
if (!existsSync(second)) process.exit(1);

const { testResults } = JSON.parse(readFileSync(second, 'utf8'));
const failedOnce = failuresOf(report);
const results = [...report.testResults.filter(({ name }) => !files.includes(name)), ...testResults];
const count = (state) =>
  results.flatMap((file) => file.assertionResults).filter((t) => t.status === state).length;
writeFileSync(
  path,
  JSON.stringify({
    ...report,
    testResults: results,
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    failedOnce,
  }),
);
process.exit(status ?? 1);
