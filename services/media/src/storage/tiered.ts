import { open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@ptsdly/kit';
import { Turns } from '../turns.ts';
import { Chores } from './chores.ts';
import { Fetched } from './fetched.ts';
import type { FileStorage } from './file.ts';
import { Spans } from './spans.ts';
import {
  type DirectRead,
  type HeldFile,
  type LocalStorage,
  ObjectMissing,
  type RemoteStorage,
  requireName,
  type Storage,
  type StoredStat,
} from './storage.ts';

export interface TieredOptions {
  /** Where objects lie before they go out, and after they came home. */
  readonly local: FileStorage;
  /** Copies of small objects that are always wanted at hand. */
  readonly cache: FileStorage;
  /** Folder of what is being fetched; emptied at the start. */
  readonly fetched: string;
  readonly remote: RemoteStorage;
  /** `out`: objects belong into the remote store. `home`: they belong here, and the remote store is left. */
  readonly direction: 'out' | 'home';
  /** Hears how many objects are not yet where they belong. */
  readonly onLeft?: ((left: number) => void) | undefined;
  /** Called once when nothing is left in the remote store. */
  readonly onHome?: (() => Promise<void>) | undefined;
  readonly log: Logger;
}

/** A store that is being left is looked through again after this long. */
const LOOK_MS = 10_000;
/** Its lists may be behind what it holds; so many in a row must be empty. */
const EMPTY_LOOKS = 2;
/** Small objects that every play begins with. */
const KEPT = /\/(([a-z0-9-]+-)?index|poster|storyboard(-\d)?)$/;

/**
 * A remote store behind the local disk. Whatever is put lies on the disk first and is an object from then on; it
 * moves out in the background, is verified there, and only then leaves the disk. What has not gone yet is what
 * lies in the local folder, so there is no list that a crash could make wrong, and a folder of `file:` storage
 * becomes the outbox of `s3:` storage when a server moves. While the store is away, everything that is here plays
 * and uploads go on for as long as there is disk. The other direction is the same with the roles changed.
 */
export class TieredStorage implements LocalStorage {
  readonly #options: TieredOptions;
  readonly #spans: Spans;
  readonly #fetched: Fetched;
  readonly #chores: Chores;
  /** Changes of one object do not overlap. */
  readonly #turns = new Turns();
  /** Removed here, and perhaps not yet in the remote store. */
  readonly #gone = new Set<string>();
  readonly #held = new Map<string, number>();
  /** Files that lie in the remote store already, and here because somebody holds them. */
  readonly #sent = new Map<string, string>();
  readonly #stop = new AbortController();
  #isHome = false;
  #starting: Promise<void> = Promise.resolve();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: TieredOptions) {
    this.#options = options;
    this.#spans = new Spans(options.remote);
    this.#fetched = new Fetched(options.fetched, options.remote);
    const work = (name: string) => this.#attend(name);
    this.#chores = new Chores({ work, log: options.log, onSize: (size) => this.#tell(size) });
  }

  /** Goes on with what an earlier process has left. The remote store need not answer now. */
  async start(): Promise<void> {
    await this.#fetched.clear();
    if (this.#options.direction === 'out') this.#starting = this.#startOut();
    else this.#looking = this.#leave();
  }

  /** Resolves when every object that is known of is where it belongs. */
  async settled(): Promise<void> {
    await this.#starting;
    await this.#chores.done;
  }

  async put(name: string, path: string): Promise<void> {
    await this.#inTurn(name, async () => {
      await this.#options.local.put(name, path);
      await this.#options.cache.remove(name); // an older one
      this.#spans.forget(name);
      this.#gone.delete(name);
    });
    this.#chores.add(name);
  }

  async read(name: string, offset: number, target: Uint8Array): Promise<void> {
    await this.#from(name, async (tier) => {
      const { remote } = this.#options;
      let filled = 0;
      const fill = async (chunk: Uint8Array) => {
        target.set(chunk, filled);
        filled += chunk.length;
      };
      if (tier === remote && (await this.#spans.stream(name, offset, offset + target.length, fill))) return;
      await tier.read(name, offset, target);
    });
  }

  async stream(
    name: string,
    start: number,
    end: number,
    write: (chunk: Uint8Array) => Promise<void>,
  ): Promise<void> {
    await this.#from(name, async (tier) => {
      if (tier === this.#options.remote && (await this.#spans.stream(name, start, end, write))) return;
      await tier.stream(name, start, end, write);
    });
  }

  async stat(name: string): Promise<StoredStat | undefined> {
    const { local, cache, remote } = this.#options;
    const here = (await local.stat(name)) ?? (await cache.stat(name));
    return here || this.#gone.has(name) ? here : remote.stat(name);
  }

  async remove(name: string): Promise<void> {
    await this.#inTurn(name, async () => {
      this.#gone.add(name);
      await this.#options.local.remove(name);
      await this.#options.cache.remove(name);
      this.#spans.forget(name);
    });
    this.#chores.add(name);
  }

  async *list(): AsyncIterable<string> {
    const { local, remote } = this.#options;
    const seen = new Set<string>();
    // A page of the remote list may be older than the end of a removal that had begun before the listing did.
    const gone = new Set(this.#gone);
    for (const tier of [local, remote]) {
      for await (const name of tier.list()) {
        if (seen.has(name) || this.#gone.has(name) || (tier === remote && gone.has(name))) continue;
        seen.add(name);
        yield name;
      }
    }
  }

  async hold(name: string): Promise<HeldFile> {
    requireName(name);
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
    try {
      const file = await this.#inTurn(name, async () => {
        if (await this.#options.local.stat(name)) return this.#options.local.hold(name);
        if (this.#gone.has(name)) throw new ObjectMissing();
        return undefined;
      });
      const { path, release } = file ?? (await this.#fetched.hold(name));
      let released = false;
      return {
        path,
        release: () => {
          if (released) return;
          released = true;
          release();
          this.#letGo(name);
        },
      };
    } catch (error) {
      this.#letGo(name);
      throw error;
    }
  }

  async expect(name: string, start: number, end: number): Promise<void> {
    if (!(await this.#options.local.stat(name))) this.#spans.expect(name, start, end);
  }

  async direct(name: string, start: number, end: number): Promise<DirectRead | undefined> {
    const { local, remote } = this.#options;
    requireName(name);
    if (this.#gone.has(name) || (await local.stat(name))) return undefined;
    return remote.presign(name, start, end);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#spans.close();
    const { local, cache, remote } = this.#options;
    await remote.close(); // ends what is under way; it is done again by the next process
    await Promise.all([this.#chores.close(), this.#starting, this.#looking]);
    await local.close();
    await cache.close();
  }

  /** Uses an object where it is nearest; it is somewhere all the time, as each move leaves the old copy last. */
  async #from(name: string, use: (tier: Storage) => Promise<void>): Promise<void> {
    const { local, cache, remote } = this.#options;
    for (const tier of [local, cache]) {
      const found = await use(tier).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ObjectMissing) return false;
          throw error;
        },
      );
      if (found) return;
    }
    if (this.#gone.has(name)) throw new ObjectMissing();
    await use(KEPT.test(name) && (await this.#bringNear(name)) ? cache : remote);
  }

  /** Fetches a small object into the cache. False when there is no room for it. */
  async #bringNear(name: string): Promise<boolean> {
    const { cache, log } = this.#options;
    return this.#inTurn(name, async () => {
      if (await cache.stat(name)) return true;
      try {
        await cache.put(name, await this.#fetched.take(name));
        return true;
      } catch (err) {
        if (err instanceof ObjectMissing) throw err;
        log.warn({ err }, 'an object could not be kept at hand');
        return false;
      }
    });
  }

  async #startOut(): Promise<void> {
    const { remote, local, log } = this.#options;
    await remote.abandon().catch((err: unknown) => log.warn({ err }, 'old uploads could not be looked for'));
    for await (const name of local.list()) this.#chores.add(name);
  }

  /** Looks for objects in the store that is being left until it is empty. */
  async #leave(): Promise<void> {
    const { remote, onHome, log } = this.#options;
    const { signal } = this.#stop;
    for (let empty = 0; !signal.aborted; ) {
      try {
        let found = 0;
        for await (const name of remote.list()) {
          found++;
          this.#chores.add(name);
        }
        empty = found > 0 ? 0 : empty + 1;
        if (empty === EMPTY_LOOKS) {
          this.#isHome = true;
          this.#tell(0);
          return await onHome?.();
        }
        await Promise.race([this.#chores.done, aborted(signal)]);
      } catch (err) {
        if (!signal.aborted) log.warn({ err }, 'the store that is being left could not be looked through');
      }
      await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #attend(name: string): Promise<void> {
    await this.#starting;
    const file = await identityOf(this.#options.local.path(name));
    if (this.#options.direction === 'out') {
      if (file) return this.#sendOut(name, file);
      if (this.#gone.has(name)) await this.#removeRemote(name);
      return;
    }
    if (!file && !this.#gone.has(name) && !(await this.#bringHome(name))) return;
    await this.#removeRemote(name);
  }

  async #sendOut(name: string, file: string): Promise<void> {
    const { local, cache, remote } = this.#options;
    if (this.#sent.get(name) !== file) {
      try {
        await remote.copyIn(name, local.path(name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // removed, which is a chore of its own
        throw error;
      }
    }
    await this.#inTurn(name, async () => {
      if ((await identityOf(local.path(name))) !== file) return; // replaced, which is a chore of its own
      this.#sent.delete(name);
      if (this.#held.has(name)) this.#sent.set(name, file);
      else if (KEPT.test(name)) await cache.put(name, local.path(name)).then(() => local.remove(name));
      else await local.remove(name);
    });
  }

  /** False when there was nothing to bring. */
  async #bringHome(name: string): Promise<boolean> {
    const { local, cache } = this.#options;
    const path = await this.#fetched.take(name).catch((error: unknown) => {
      if (error instanceof ObjectMissing) return undefined;
      throw error;
    });
    if (path === undefined) return false;
    await this.#inTurn(name, async () => {
      const superseded = this.#gone.has(name) || (await local.stat(name)) !== undefined;
      if (superseded) return rm(path, { force: true });
      await local.put(name, path);
      await cache.remove(name);
      await syncFolder(dirname(local.path(name))); // before the other copy goes
    });
    return true;
  }

  async #removeRemote(name: string): Promise<void> {
    await this.#options.remote.remove(name);
    this.#gone.delete(name);
  }

  /** Until a store that is left was found empty, something may still lie there. */
  #tell(size: number): void {
    const unknown = this.#options.direction === 'home' && !this.#isHome;
    this.#options.onLeft?.(unknown ? Math.max(1, size) : size);
  }

  #letGo(name: string): void {
    const holders = (this.#held.get(name) ?? 1) - 1;
    if (holders > 0) this.#held.set(name, holders);
    else this.#held.delete(name);
    if (holders === 0 && this.#sent.has(name)) this.#chores.add(name);
  }

  async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = await this.#turns.take(name);
    try {
      return await work();
    } finally {
      turn.release();
    }
  }
}

/** Names one content of a file: another one has another inode, size or time. Undefined when there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [ino, size, mtimeMs, ctimeMs].join();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A name is on the platter only when its folder is (fsync(2)). */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
