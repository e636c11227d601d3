// What failed in a JSON report of vitest, with its reason.
import { relative } from 'node:path';

/** @returns {string[]} one text each: the file, the test and its message; a file that broke before its tests too */
export function failuresOf(report) {
  return report.testResults
    .filter((file) => file.status === 'failed')
    .flatMap((file) => {
      const where = relative(process.cwd(), file.name);
      const tests = file.assertionResults.filter((test) => test.status === 'failed');
      if (tests.length === 0) return [`${where}: ${file.message}`];
      return tests.map((test) => `${where} > ${test.fullName}\n${test.failureMessages.join('\n')}`);
    });
}
