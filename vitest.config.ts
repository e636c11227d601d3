import { defineConfig } from 'vitest/config';
import { mariadbMissing } from './lib/db/src/testing/mariadb-server.ts';

/** Tests of what stands on SQL; they make their database with `newDatabase` and run on each engine. */
const onSql = [
  'lib/db/src/**/*.test.ts',
  'services/identity/src/**/*.test.ts',
  'services/subscriptions/src/**/*.test.ts',
  'services/media/src/released-schemas.test.ts',
  'services/media/src/jobs/jobs.test.ts',
  'services/media/src/library/{catalogue,library,library-events,trash}.test.ts',
];
/** Of those, what has a server of its own, or is about processes and sockets and takes long. */
const notAboutSql = [
  'lib/db/src/{mariadb,snapshot}.test.ts',
  'services/identity/src/{service,passwords}.test.ts',
  'services/subscriptions/src/{service,control,kill,reconcile}.test.ts',
  'services/subscriptions/src/{hosts,imports}/**',
];

if (mariadbMissing) {
  if (process.env.CI) throw new Error(mariadbMissing.replace('skipped', 'not to be skipped here'));
  console.warn(mariadbMissing);
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } }, // passes as soon as it can; a busy machine takes its time
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'main',
          include: [
            'lib/**/src/**/*.test.ts',
            'services/**/src/**/*.test.ts',
            'web/**/*.test.ts?(x)',
            'ptsdly/src/**/*.test.ts',
            'test/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/dist/**', 'test/lab/**'],
        },
      },
      ...(mariadbMissing
        ? []
        : [
            {
              extends: true as const,
              test: {
                name: 'mariadb',
                include: onSql,
                exclude: notAboutSql,
                globalSetup: 'lib/db/src/testing/global-setup.ts',
                setupFiles: 'lib/db/src/testing/setup.ts',
              },
            },
          ]),
    ],
  },
});
