import { openFileStorage } from './file.ts';

export interface StoredStat {
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
}

/**
 * Where originals, posters and index files lie. A name is one or two parts of lower-case letters, digits and
 * dashes (`<id>/original`): ids and fixed words only, never anything that a user typed.
 * A name that does not exist makes `read` and `stream` reject with `ObjectMissing`.
 */
export interface Storage {
  /**
   * Takes a local file over under `name`, replacing what was there; the file at `path` is gone afterwards.
   * Cheap whatever the size where both lie on one disk. Not yet on the platter when it resolves.
   */
  put(name: string, path: string): Promise<void>;
  /** Fills all of `target` from `offset`. Rejects with a RangeError when the object ends before. */
  read(name: string, offset: number, target: Uint8Array): Promise<void>;
  /**
   * Gives the bytes from `start` up to but not including `end` to `write`, in order, the next ones when it has
   * resolved; a chunk is valid only until then. Rejects with what `write` rejects with.
   */
  stream(
    name: string,
    start: number,
    end: number,
    write: (chunk: Uint8Array) => Promise<void>,
  ): Promise<void>;
  /** Undefined when there is no such object. */
  stat(name: string): Promise<StoredStat | undefined>;
  /** Resolves also when there was nothing. Readers that have begun may end with an error. */
  remove(name: string): Promise<void>;
  /** All names, in no order. */
  list(): AsyncIterable<string>;
  close(): Promise<void>;
}

/** An optional power: objects that are local files, for those who need a path. */
export interface LocalStorage extends Storage {
  path(name: string): string;
}

export class ObjectMissing extends Error {
  override readonly name = 'ObjectMissing';
  constructor(options?: ErrorOptions) {
    super('there is no such object', options);
  }
}

const NAME = /^[a-z0-9-]{1,64}(\/[a-z0-9-]{1,64})?$/;

/** Throws on a name outside the grammar: a fault of ours, so a plain error. */
export function requireName(name: string): void {
  if (!NAME.test(name)) throw new TypeError('not a storage name');
}

/** Opens the storage behind a URL: `file:<folder>`; `s3:` comes with the deployment on several machines. */
export async function openStorage(url: string): Promise<LocalStorage> {
  const colon = url.indexOf(':');
  const [scheme, location] = [url.slice(0, colon), url.slice(colon + 1)];
  if (scheme === 'file') return openFileStorage(location);
  throw new Error(`no storage driver for "${scheme}:"; there is file:`);
}
