import { Problem } from '@ptsdly/contract';
import { type Kv, KvError } from '@ptsdly/kv';

const RETRY_S = 2;

/** What a caller is told about an error: a store that is away, full or closed is `unavailable`, not our fault. */
export function storeProblem(error: unknown): Problem {
  return Problem.from(error instanceof KvError ? unavailable(error) : error);
}

/** The store, rejecting with `unavailable` where it could not be asked. */
export function answering(kv: Kv): Kv {
  const told = (error: unknown): never => {
    throw error instanceof KvError ? unavailable(error) : error;
  };
  return {
    shared: kv.shared,
    get: (key) => kv.get<never>(key).catch(told),
    insert: (key, value) => kv.insert(key, value).catch(told),
    put: (key, value) => kv.put(key, value).catch(told),
    remove: (key) => kv.remove(key).catch(told),
    scan: (range) => kv.scan<never>(range).catch(told),
    transaction: (work) => kv.transaction(work).catch(told),
    close: () => kv.close(),
  };
}

const unavailable = (cause: KvError) => new Problem('unavailable', { retryAfter: RETRY_S, cause });
