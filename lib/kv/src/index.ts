export {
  type Backups,
  canBackUp,
  canPeek,
  type Entry,
  type Kv,
  type Peeks,
  type Range,
  type Tx,
} from './kv.ts';
export { KvError } from './kv-error.ts';
export type { Notes } from './notes.ts';
export { openKv } from './open-kv.ts';
export { openNotes } from './open-notes.ts';
export { openRates } from './open-rates.ts';
export { appendEvent, feedCursor, lastEvent, pruneOutbox, readOutbox, sharedProgress } from './outbox.ts';
export type { Count, RateLimiter, Rates } from './rates.ts';
export { restoreBackup } from './restore.ts';
export { transferStore } from './transfer.ts';
