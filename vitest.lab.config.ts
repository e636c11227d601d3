import { defineConfig } from 'vitest/config';

/** What is heavy: larger matrices, load and real clusters. `-- --full` runs long campaigns. */
export default defineConfig({
  test: {
    include: ['test/lab/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 15_000 } },
    pool: 'forks',
    fileParallelism: false,
  },
});
