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
  /** Whether every object is a plain file of its name on this machine, which the gateway may read itself. */
  readonly isPlain?: boolean;
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

/** An object as a local file, until it is released. */
export interface HeldFile {
  readonly path: string;
  release(): void;
}

/** What a media server keeps its objects in: also those that lie far away can be had as local files. */
export interface LocalStorage extends Storage {
  /**
   * An object as a local file, for those who need a path or a descriptor (the index thread, ffmpeg); an object
   * that lies elsewhere is fetched whole and let go after the last `release`. Rejects with `ObjectMissing`,
   * `no_space` or `unavailable`.
   */
  hold(name: string): Promise<HeldFile>;
  /**
   * An optional power: says that the bytes from `start` up to but not including `end` are about to be read in
   * several pieces. Where they lie far away they are then asked for once. Does not wait for them.
   */
  expect?(name: string, start: number, end: number): Promise<void>;
  /**
   * An optional power: a request by which anybody can read exactly the bytes from `start` up to but not including `end`
   * from where the object lies, for a minute. Undefined for an object that lies here.
   */
  direct?(name: string, start: number, end: number): Promise<DirectRead | undefined>;
}

/** A GET that carries its right in its URL; it is good only with these headers. */
export interface DirectRead {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

/** A store far away, as a driver offers it to `TieredStorage`. Everything rejects with `unavailable` while it is down. */
export interface RemoteStorage extends Storage {
  /** Like `put`, but the file stays. Resolves when what is there was found to be the same. */
  copyIn(name: string, path: string): Promise<void>;
  /** Writes an object into a new local file. Rejects when what came is not what was once put. */
  copyOut(name: string, path: string): Promise<void>;
  /** As `LocalStorage.direct`; of an object that may not be there. */
  presign(name: string, start: number, end: number): Promise<DirectRead>;
  /** Ends what uploads of an earlier process have left half done. */
  abandon(): Promise<void>;
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
