import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HostError } from '../host.ts';

const SAFE_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/;
/** Of the account in the image; a control plane without root's rights can give folders to nobody but itself. */
const MEDIA_UID = 10001;

/** The folders of servers. */
export interface Folders {
  /** `uid:gid` of those who use them. */
  readonly user: string;
  /** Throws `stop` for an id that is no name of a folder and a service. */
  pathOf(serverId: string): string;
  has(serverId: string): boolean;
  /** Private to its user. Nothing to do is success. */
  make(serverId: string): Promise<void>;
  remove(serverId: string): Promise<void>;
  /** Ids of servers that have one. */
  list(): Promise<string[]>;
}

/** On a file system that all nodes share. */
export class DiskFolders implements Folders {
  readonly #root: string;
  readonly #isRoot = process.getuid?.() === 0;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  get user(): string {
    if (this.#isRoot) return `${MEDIA_UID}:${MEDIA_UID}`;
    return `${process.getuid?.()}:${process.getgid?.()}`;
  }

  pathOf(serverId: string): string {
    if (!SAFE_ID.test(serverId)) throw new HostError('stop', 'this server id cannot name a service');
    return join(this.#root, serverId);
  }

  has(serverId: string): boolean {
    return existsSync(this.pathOf(serverId));
  }

  async make(serverId: string): Promise<void> {
    const path = this.pathOf(serverId);
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
    if (this.#isRoot) await chown(path, MEDIA_UID, MEDIA_UID);
  }

  async remove(serverId: string): Promise<void> {
    await rm(this.pathOf(serverId), { recursive: true, force: true, maxRetries: 3 });
  }

  async list(): Promise<string[]> {
    const entries = await readdir(this.#root, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && SAFE_ID.test(entry.name)).map(({ name }) => name);
  }
}
