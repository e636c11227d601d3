import type { KeyLender, RemoteStorage } from './host.ts';
import { remoteUrl, roleOf } from './storage-place.ts';

/**
 * Lends each server keys for its own prefix of the installation's storage, where that names a role; undefined where it
 * does not. The SDK is loaded when the first server asks.
 */
export function openKeyLender(remote: RemoteStorage | undefined): KeyLender | undefined {
  const lent = remote && roleOf(remote);
  if (!remote || !lent) return undefined;
  const { role, endpoint, region } = lent;
  const open = async () => {
    const { lendKeys, openSts } = await import('./ec2/lent-keys.ts');
    return { lendKeys, sts: openSts(region, endpoint, remote.keys) };
  };
  let opened: ReturnType<typeof open> | undefined;
  return {
    async lendKeys(serverId) {
      opened ??= open();
      const { lendKeys, sts } = await opened;
      const { hostname: bucket, pathname } = new URL(remoteUrl(remote, serverId));
      const prefix = `${decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '')}/`;
      return lendKeys(sts, role, serverId, { bucket, prefix });
    },
  };
}
