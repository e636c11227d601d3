import { testReleasedSchemas } from '@ptsdly/db/released-schemas';
import { migrations } from './schema.ts';

testReleasedSchemas({
  folder: new URL('../schemas/', import.meta.url),
  migrations,
  sqlite: ['first', 'previous'],
  mysql: ['previous'],
});
