import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** Where the store of a server answers. */
export interface StoreAddress {
  readonly host: string;
  readonly port: number;
}

export interface StorageRelay {
  close(): Promise<void>;
}

/** Connections of one server at once; it uses a few. */
const MOST = 64;

/** The one address that an `s3:` URL leads to: its endpoint, or that of the bucket at AWS. */
export function storeAddress(url: string): StoreAddress {
  const { hostname: bucket, searchParams } = new URL(url);
  const endpoint = searchParams.get('endpoint');
  if (endpoint === null) {
    return { host: `${bucket}.s3.${searchParams.get('region') ?? 'us-east-1'}.amazonaws.com`, port: 443 };
  }
  const { hostname, port, protocol } = new URL(endpoint);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'http:' ? 80 : 443),
  };
}

/**
 * A Unix socket through which a server without network reaches its store and nothing else: whatever it says there goes
 * to this address. TLS is between the server and the store.
 */
export async function openStorageRelay(path: string, { host, port }: StoreAddress): Promise<StorageRelay> {
  await rm(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    const outside = connect({ host, port, allowHalfOpen: true, noDelay: true });
    for (const socket of [inside, outside]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    const end = (error: Error | null | undefined) => {
      if (!error) return; // the other direction may go on
      inside.destroy();
      outside.destroy();
    };
    pipeline(inside, outside, end);
    pipeline(outside, inside, end);
  });
  server.maxConnections = MOST;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
