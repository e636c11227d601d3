import type { MediaConfig } from '@ptsdly/contract';
import { HostError, type RemoteStorage, type ServerSpec } from './host.ts';

type StorageConfig = Pick<MediaConfig, 'storageUrl' | 'formerStorageUrl' | 'storageKeys' | 'lentKeys'>;

/** What a server is told of its storage. Throws `stop` when it belongs into a remote one and there is none. */
export function storageOf(
  { serverId, storage = 'local' }: Pick<ServerSpec, 'serverId' | 'storage'>,
  folder: string,
  remote: RemoteStorage | undefined,
): StorageConfig {
  const local = `file:${objectsIn(folder)}`;
  if (storage === 'local') return { storageUrl: local };
  if (!remote)
    throw new HostError('stop', 'the objects of this server lie in a remote storage that is not set');
  const there = remoteUrl(remote, serverId);
  const keys = roleOf(remote) ? { lentKeys: true } : { storageKeys: remote.keys };
  if (storage === 'remote') return { storageUrl: there, formerStorageUrl: local, ...keys };
  return { storageUrl: local, formerStorageUrl: there, ...keys };
}

/** The role by which servers are lent keys of their own, and where it is asked for (STS); undefined for one key for all. */
export function roleOf(remote: RemoteStorage) {
  const { searchParams } = new URL(remote.url);
  const role = searchParams.get('role');
  if (role === null) return undefined;
  const endpoint = searchParams.get('sts') ?? searchParams.get('endpoint') ?? undefined;
  return { role, endpoint, region: searchParams.get('region') ?? 'us-east-1' };
}

/** Where a server keeps its objects below its own folder. */
export const objectsIn = (folder: string): string => `${folder}/objects`;

/** The remote one of a server's storages. */
export function remoteOf({
  storageUrl,
  formerStorageUrl,
}: Pick<MediaConfig, 'storageUrl' | 'formerStorageUrl'>): string | undefined {
  return [storageUrl, formerStorageUrl].find((url) => url !== undefined && !url.startsWith('file:'));
}

/** Each server has a prefix of its own. */
export function remoteUrl(remote: RemoteStorage, serverId: string): string {
  const url = new URL(remote.url);
  for (const ours of ['role', 'sts']) url.searchParams.delete(ours);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${serverId}`;
  return url.href;
}
