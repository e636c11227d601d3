import { type Address, type Peer, reach } from '@ptsdly/kit';

/** The way to the host: where its control API is, and what proves who calls where that is no socket of our own. */
export interface ControlLine {
  readonly address: Address;
  readonly token?: string | undefined;
}

/** The host as a peer. */
export function reachHost({ address, token }: ControlLine): Peer {
  const peer = reach(address);
  if (token === undefined) return peer;
  const fetch: Peer['fetch'] = (request) => {
    request.headers.set('authorization', `Bearer ${token}`);
    return peer.fetch(request);
  };
  return { ...peer, fetch };
}
