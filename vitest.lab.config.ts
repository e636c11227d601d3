import { defineConfig } from 'vitest/config';

/** What is heavy: larger matrices, load and real clusters. `-- --full` runs long campaigns. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 15_000 } },
    retry: 1, // real engines and kills under load on two cores; what needed it is told, and is to be looked into
    pool: 'forks',
    fileParallelism: false,
  },
});
