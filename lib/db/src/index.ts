export * from './database.ts';
export * from './outbox.ts';
export { openSqlite } from './sqlite.ts';
export * from './unique.ts';
