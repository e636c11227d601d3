import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Ports that pages are served on; below 1024 there is nothing else that messages should reach. */
const LOW_PORTS = new Set([80, 443]);

/** The address that a name has is none that strangers may reach. */
export class AddressNotPublic extends Error {
  override readonly name = 'AddressNotPublic';
}

/** Whether packets to this address leave for the open internet (IANA special-purpose registries, RFC 6890). */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address); // an IPv4 address inside IPv6 counts as itself
  return parsed.range() === 'unicast';
}

/** Whether messages may be sent to such a URL at all; its name is looked at again when it is connected to. */
export function isPublicUrl(url: URL): boolean {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!/^https?:$/.test(url.protocol) || url.username || url.password) return false;
  if (port < 1024 && !LOW_PORTS.has(port)) return false;
  if (isIP(host)) return isPublicAddress(host);
  return host.includes('.') && !/\.(?:localhost|local|internal|home\.arpa)\.?$/i.test(host);
}

type Resolve = (name: string, done: (error: Error | null, found: LookupAddress[]) => void) => void;

const systemResolve: Resolve = (name, done) => dnsLookup(name, { all: true, verbatim: true }, done);

/**
 * Looks a name up for a connection and refuses it when any of its addresses is not public. The connection is made to
 * the addresses that were looked at, so a name that changes its mind in between (DNS rebinding) gains nothing.
 */
export function publicLookup(resolve: Resolve = systemResolve): LookupFunction {
  return (name, options, callback) => {
    resolve(name, (error, found) => {
      const [first] = found ?? [];
      if (error || !first) callback(error ?? new Error(`no address for ${name}`), '', 0);
      else if (!found.every(({ address }) => isPublicAddress(address))) {
        callback(new AddressNotPublic(), '', 0);
      } else if (options.all) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}
