import { join } from 'node:path';
import type { Logger } from '@ptsdly/kit';
import { openFileStorage } from './file.ts';
import type { KeySource, StorageKeys } from './keys.ts';
import type { LocalStorage, RemoteStorage } from './storage.ts';
import { TieredStorage } from './tiered.ts';

export interface StorageOptions {
  /** Where objects belong: `file:<folder>` or `s3://<bucket>/<prefix>?endpoint=<url>&region=<region>`. */
  readonly url: string;
  /** Where they may still lie, because the server is being moved; they come over by themselves. */
  readonly former?: string | undefined;
  readonly keys?: StorageKeys | KeySource | undefined;
  /** A Unix socket that leads to the store, where this process has no network. */
  readonly socket?: string | undefined;
  /** The server's own folder: what is on its way, and what is kept at hand, lies there. */
  readonly folder: string;
  readonly log: Logger;
  /** Hears how many objects are not yet where they belong, when that changes and one of the URLs is remote. */
  readonly onLeft?: (left: number) => void;
  /** Called once when nothing is left in a remote `former`. */
  readonly onHome?: () => Promise<void>;
}

/**
 * Opens the storage of a media server. The remote driver, and with it the SDK, is loaded only where one of the
 * URLs names it. Rejects with a plain error on a scheme that nobody knows.
 */
export async function openStorage(options: StorageOptions): Promise<LocalStorage> {
  const { url, former, folder, log } = options;
  const remoteUrl = [url, former].find((one) => one !== undefined && schemeOf(one) !== 'file');
  const localUrl = [url, former].find((one) => one !== undefined && schemeOf(one) === 'file');
  const local = await openFileStorage(localUrl ? localUrl.slice('file:'.length) : join(folder, 'objects'));
  if (remoteUrl === undefined) return local;
  const storage = new TieredStorage({
    local,
    cache: await openFileStorage(join(folder, 'cache')),
    fetched: join(folder, 'fetched'),
    remote: await openRemote(remoteUrl, options),
    direction: url === remoteUrl ? 'out' : 'home',
    onLeft: options.onLeft,
    onHome: options.onHome,
    log,
  });
  await storage.start();
  return storage;
}

const schemeOf = (url: string) => url.slice(0, url.indexOf(':'));

/** The driver of a remote store alone. Rejects like `openStorage`. */
export async function openRemote(
  url: string,
  { keys, socket, log }: Pick<StorageOptions, 'keys' | 'socket' | 'log'>,
): Promise<RemoteStorage> {
  if (schemeOf(url) !== 's3') {
    throw new Error(`no storage driver for "${schemeOf(url)}:"; there are file: and s3:`);
  }
  const { openS3Storage } = await import('./s3/s3.ts');
  return openS3Storage(url, { keys, socket, log });
}
