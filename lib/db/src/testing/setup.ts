import { afterAll, inject } from 'vitest';
import { dropDatabases, useMariaDb } from './new-database.ts';

useMariaDb(inject('mariadbSocket'));
afterAll(dropDatabases);
