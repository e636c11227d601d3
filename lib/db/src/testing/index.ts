export { type MariaDbServer, mariadbMissing, startMariaDb } from './mariadb-server.ts';
export { copyDatabase, isOnMariaDb, newDatabase } from './new-database.ts';
