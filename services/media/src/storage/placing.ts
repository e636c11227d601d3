import type { MediaConfig } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';
import type { MediaDatabase } from '../database.ts';
import { readSetting, writeSetting } from '../playback/rights.ts';
import type { KeySource } from './keys.ts';
import { openStorage } from './open.ts';
import type { LocalStorage } from './storage.ts';

/** The remote store that was emptied when this server moved home: it need not be looked at again. */
const LEFT = 'storage-left';

export interface PlacingOptions
  extends Pick<MediaConfig, 'storageUrl' | 'formerStorageUrl' | 'storageKeys' | 'storageSocket' | 'folder'> {
  readonly db: MediaDatabase;
  readonly log: Logger;
  /** Hears how many objects are not yet where they belong, in a server that has, or had, a remote storage. */
  readonly onLeft: (left: number) => void;
  /** Where keys are lent. */
  readonly lent?: KeySource | undefined;
}

/** Opens the storage of a server that may be on its way from one place to another. */
export async function openPlaced(options: PlacingOptions): Promise<LocalStorage> {
  const { db, storageUrl: url, storageKeys, storageSocket: socket, lent, folder, log, onLeft } = options;
  const keys = lent ?? storageKeys;
  const left = (await readSetting(db, LEFT)) ?? '';
  if (left !== '' && url === left) await writeSetting(db, LEFT, ''); // it goes back there
  const former = options.formerStorageUrl === left ? undefined : options.formerStorageUrl;
  const onHome = async () => {
    if (former !== undefined) await writeSetting(db, LEFT, former);
    log.info('all objects have come home from the remote storage');
  };
  return openStorage({ url, former, keys, socket, folder, log, onLeft, onHome });
}
