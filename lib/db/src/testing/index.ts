export { type MariaDbServer, mariadbMissing, startMariaDb } from './mariadb-server.ts';
export { copyDatabase, newDatabase } from './new-database.ts';
