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
export { openKv } from './open-kv.ts';
export { appendEvent, feedCursor, lastEvent, readOutbox, sharedProgress } from './outbox.ts';
export { type Count, openRates, type RateLimiter, type Rates } from './rates.ts';
export { restoreBackup } from './restore.ts';
