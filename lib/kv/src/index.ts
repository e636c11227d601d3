export { type Entry, type Kv, openKv, type Range, type Tx } from './kv.ts';
export { KvError } from './kv-error.ts';
export { appendEvent, feedCursor, readOutbox } from './outbox.ts';
