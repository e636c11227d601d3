import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect, type NetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';

const MOST = 32;

/** Connections by a Unix socket behind which the store stands, whatever host is asked for; with TLS by its own name. */
export function agentsFor(socket: string): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  const options = { keepAlive: true, maxSockets: MOST };
  const httpAgent = new HttpAgent(options);
  const httpsAgent = new HttpsAgent(options);
  httpAgent.createConnection = () => connect(socket);
  httpsAgent.createConnection = (to: NetConnectOpts) =>
    connectTls({ ...to, path: undefined, socket: connect(socket), servername: hostOf(to) });
  return { httpAgent, httpsAgent };
}

const hostOf = (to: NetConnectOpts): string => ('host' in to && to.host) || '';
