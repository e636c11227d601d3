import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@ptsdly/contract';
import { roomIn } from './room.ts';
import { type HeldFile, ObjectMissing, type RemoteStorage } from './storage.ts';

interface Fetch {
  readonly path: Promise<string>;
  holders: number;
}

/** Whole objects fetched from a remote store into local files, shared by those who need them at one time. */
export class Fetched {
  readonly #folder: string;
  readonly #remote: RemoteStorage;
  readonly #fetches = new Map<string, Fetch>();

  constructor(folder: string, remote: RemoteStorage) {
    this.#folder = folder;
    this.#remote = remote;
  }

  /** Removes what an earlier process has left. */
  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** A file with the bytes of an object, kept until the last holder releases it. */
  async hold(name: string): Promise<HeldFile> {
    const fetch = this.#fetches.get(name) ?? { path: this.take(name), holders: 0 };
    this.#fetches.set(name, fetch);
    fetch.holders++;
    const release = () => {
      if (--fetch.holders > 0) return;
      if (this.#fetches.get(name) === fetch) this.#fetches.delete(name);
      fetch.path.then((path) => rm(path, { force: true })).catch(() => undefined); // it never came
    };
    try {
      return { path: await fetch.path, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** A new file with the bytes of an object, for the caller to move on. Rejects with `no_space` too. */
  async take(name: string): Promise<string> {
    const stat = await this.#remote.stat(name);
    if (!stat) throw new ObjectMissing();
    if (stat.size > roomIn(this.#folder)) throw new Problem('no_space', { retryAfter: 60 });
    const path = join(this.#folder, randomUUID());
    await this.#remote.copyOut(name, path).catch(async (error: unknown) => {
      await rm(path, { force: true });
      throw error;
    });
    return path;
  }
}
