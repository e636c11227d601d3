import type { TestProject } from 'vitest/node';
import { startMariaDb } from './mariadb-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    mariadbSocket: string;
  }
}

/** One MariaDB for all the test files of a run; each makes schemas of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startMariaDb();
  project.provide('mariadbSocket', server.socket);
  return () => server.close();
}
