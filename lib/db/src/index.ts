export * from './database.ts';
export { type Engine, engineOf } from './engine.ts';
export * from './outbox.ts';
export { openSqlite } from './sqlite.ts';
export { DatabaseUnavailable } from './unavailable.ts';
export * from './unique.ts';
export * from './upsert.ts';
