import { Problem } from '@ptsdly/contract';
import { canBackUp, type Kv, KvError } from '@ptsdly/kv';

const RETRY_S = 2;

/** What a caller is told about an error: a store that is away or closed is `unavailable`, a full one `no_space`. */
export function storeProblem(error: unknown): Problem {
  return Problem.from(isAway(error) ? unavailable(error) : error);
}

/** The store, rejecting with `unavailable` where it could not be asked, and `no_space` where it is full. */
export function answering(kv: Kv): Kv {
  const told = (error: unknown): never => {
    throw error instanceof KvError ? storeProblem(error) : error;
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

/** Copies the store into a new folder. Rejects with `conflict` where the store is none of ours or the folder is there. */
export async function backUp(kv: Kv, folder: string): Promise<void> {
  if (!canBackUp(kv))
    throw new Problem('conflict', { detail: 'This store has a backup of its own (Redis: BGSAVE).' });
  await kv.backUp(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST')
      throw new Problem('conflict', { detail: `${folder} is there already.`, cause });
    if (cause.code === 'ENOSPC') throw new Problem('no_space', { cause });
    throw new Problem('unavailable', { detail: `The store could not be copied (${cause.message}).`, cause });
  });
}

const isAway = (error: unknown): error is KvError => error instanceof KvError && error.code === undefined;
const unavailable = (cause: KvError) => new Problem('unavailable', { retryAfter: RETRY_S, cause });
