export { type MariaDbServer, mariadbMissing, startMariaDb } from './mariadb-server.ts';
export { newDatabase } from './new-database.ts';
