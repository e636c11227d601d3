// Adds up the JSON reports of test runs, tells what failed; the last line is `N passed, N failed`.
import { existsSync, readFileSync } from 'node:fs';
import { failuresOf } from './failures.mjs';

let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of process.argv.slice(2)) {
  if (!existsSync(file)) {
    console.log(`no report: ${file}`);
    failed++;
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests;
  // A file that breaks before its first test counts as one failure.
  failed += report.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
  ).length;
  for (const failure of report.failedOnce ?? []) console.log(`\nFAILED ONCE: ${failure}`);
  for (const failure of failuresOf(report)) console.log(`\nFAILED: ${failure}`);
}
if (skipped > 0)
  console.log(`${skipped} skipped: what does not apply to a driver, or what this machine does not have`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
