import { testReleasedSchemas } from '@ptsdly/db/released-schemas';
import { migrations } from './database.ts';

testReleasedSchemas({
  folder: new URL('../schemas/', import.meta.url),
  migrations,
  sqlite: ['first', 'previous'],
  mysql: ['previous'],
});
