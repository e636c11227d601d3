export { type Backups, canBackUp, type Entry, type Kv, openKv, type Range, type Tx } from './kv.ts';
export { KvError } from './kv-error.ts';
export { appendEvent, feedCursor, lastEvent, readOutbox, sharedProgress } from './outbox.ts';
export { restoreBackup } from './restore.ts';
