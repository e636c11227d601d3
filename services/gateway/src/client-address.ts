import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Tells where a request comes from. */
export type ClientAddress = (request: IncomingMessage) => string;

/**
 * The address of the client: that of the connection, or, behind proxies that are named here, the last one in
 * `X-Forwarded-For` (or `Forwarded: for=`, RFC 7239) that is not one of them. What a client writes there itself stands
 * further left and is never reached. `trusted` are addresses or networks (`10.0.0.0/8`). Throws for what is neither.
 */
export function clientAddress(trusted: readonly string[]): ClientAddress {
  const proxies = blockList(trusted);
  const isProxy = (address: string) => {
    const family = isIP(address);
    return family !== 0 && proxies.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
  return (request) => {
    let address = plain(request.socket.remoteAddress ?? '');
    if (trusted.length === 0) return address;
    const hops = forwarded(request);
    while (isProxy(address) && hops.length > 0) {
      const hop = hops.pop() as string;
      if (isIP(hop) === 0) break; // `unknown` or hidden: nobody further left is known either
      address = hop;
    }
    return address;
  };
}

function blockList(trusted: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of trusted) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Nearest to the client first. */
function forwarded({ headers }: IncomingMessage): string[] {
  const standard = headers.forwarded;
  const values = standard
    ? standard.split(',').map((element) => /(?:^|;)\s*for=([^;]+)/i.exec(element)?.[1] ?? '')
    : String(headers['x-forwarded-for'] ?? '').split(',');
  return values.map((value) =>
    plain(
      value
        .trim()
        .replace(/^"|"$/g, '')
        .replace(/^\[([^\]]+)\](:\d+)?$/, '$1'),
    ),
  );
}

/** An IPv4 address in IPv6 clothes, or with a port, as itself. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}
