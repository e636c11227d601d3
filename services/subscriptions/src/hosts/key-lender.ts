import type { KeyLender, RemoteStorage } from './host.ts';
import { remoteUrl, roleOf } from './storage-place.ts';

/**
 * Lends each server keys for its own prefix of the installation's storage, where that names a role; undefined where it
 * does not. The SDK is loaded when the first server asks.
 */
export function openKeyLender(remote: RemoteStorage | undefined): KeyLender | undefined {
  const lent = remote && roleOf(remote);
  if (!remote || !lent) return undefined;
  const open = async () => {
    const { STSClient } = await import('@aws-sdk/client-sts');
    const { endpoint, region, role } = lent;
    const keys = remote.keys && { credentials: { ...remote.keys } };
    return { role, sts: new STSClient({ region, ...keys, ...(endpoint && { endpoint }) }) };
  };
  let opened: ReturnType<typeof open> | undefined;
  return {
    async lendKeys(serverId) {
      opened ??= open();
      const { sts, role } = await opened;
      const { lendKeys } = await import('./lent-keys.ts');
      const { hostname: bucket, pathname } = new URL(remoteUrl(remote, serverId));
      const prefix = `${decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '')}/`;
      return lendKeys(sts, role, serverId, { bucket, prefix });
    },
  };
}
