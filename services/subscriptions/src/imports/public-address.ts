import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Not to be reached by anybody from outside (IANA special-purpose registries), and what clouds keep to themselves. */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // CGNAT; 100.100.100.200 is a metadata service
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local; 169.254.169.254 is a metadata service
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['168.63.129.16', 32], // a cloud's own services under a public number
];

/** Within 2000::/3; everything outside it is refused anyway, IPv4-mapped and NAT64 addresses with it. */
const PRIVATE_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23], // protocol assignments; Teredo, which carries an IPv4 address
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4, which carries an IPv4 address
  ['3fff::', 20],
];

const refused = new BlockList();
for (const [net, prefix] of PRIVATE_V4) refused.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of PRIVATE_V6) refused.addSubnet(net, prefix, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

/** Whether an address is one that anybody may reach, and not one of this machine itself. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || isOwn(address)) return false;
  if (family === 4) return !refused.check(address, 'ipv4');
  return global6.check(address, 'ipv6') && !refused.check(address, 'ipv6');
}

/** Services that listen on every address of this machine are behind its firewall for others, not for itself. */
function isOwn(address: string): boolean {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return all.some((own) => own.address === address);
}
