import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Metadata {
  readonly url: string;
  close(): Promise<void>;
}

const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';
const TOKEN = 'x-aws-ec2-metadata-token';

/**
 * The metadata service of one instance, version 2 only (a session token by PUT, then GETs that show it). On EC2 it
 * is at 169.254.169.254; here its address is handed over in `AWS_EC2_METADATA_SERVICE_ENDPOINT`, as SDKs know it.
 */
export async function startMetadata(values: Readonly<Record<string, string>>): Promise<Metadata> {
  const tokens = new Set<string>();
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      if (!request.headers[TTL]) return response.writeHead(400).end();
      const token = randomBytes(16).toString('base64url');
      tokens.add(token);
      return response.end(token);
    }
    if (!tokens.has(String(request.headers[TOKEN]))) return response.writeHead(401).end();
    const value = values[(request.url ?? '').replace('/latest/', '')];
    return value === undefined ? response.writeHead(404).end() : response.end(value);
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
