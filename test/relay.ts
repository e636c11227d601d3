import { chmod, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';

/** A stretch of network in front of a Unix socket, which can be cut. */
export interface Relay {
  /** Everything that has come from the side of the callers, as text. */
  heard(): string;
  /** Nothing passes any more, and nobody is told. */
  silence(): void;
  /** Connections end, and nobody listens. */
  close(): Promise<void>;
}

/** Takes the place of what listens at `path`. */
export async function relayAt(path: string): Promise<Relay> {
  const behind = `${path}.real`;
  await rename(path, behind);
  const sockets = new Set<Socket>();
  let heard = '';
  let silent = false;
  const server = createServer((caller) => {
    const host = connect(behind);
    for (const socket of [caller, host]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    const pass = (from: Socket, to: Socket) => {
      from.on('data', (bytes: Buffer) => {
        if (silent) return;
        if (from === caller) heard += bytes.toString('latin1');
        to.write(bytes);
      });
      from.on('close', () => !silent && to.destroy());
    };
    pass(caller, host);
    pass(host, caller);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await chmod(path, 0o666);
  return {
    heard: () => heard,
    silence() {
      silent = true;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(path, { force: true });
    },
  };
}
