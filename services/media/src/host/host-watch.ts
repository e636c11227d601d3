import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const CONNECT_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Resolves when nobody has listened at the control address for so many seconds: the host is gone for good. A host
 * that comes back within that time finds this server at work.
 */
export async function hostGone(address: string, seconds: number): Promise<string> {
  const patience = seconds * 1000;
  const pause = Math.min(LONGEST_PAUSE_MS, patience / 4);
  for (let last = performance.now(); performance.now() - last < patience; ) {
    if (await listens(address)) last = performance.now();
    await sleep(pause, undefined, { ref: false });
  }
  return 'the host is gone';
}

function listens(address: string): Promise<boolean> {
  const { hostname, port } = address.startsWith('unix:') ? { hostname: '', port: '' } : new URL(address);
  const target = address.startsWith('unix:')
    ? { path: address.slice('unix:'.length) }
    : { host: hostname, port: Number(port || 80) };
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: CONNECT_MS });
    const answer = (there: boolean) => () => {
      socket.destroy();
      resolve(there);
    };
    socket.once('connect', answer(true)).once('error', answer(false)).once('timeout', answer(false));
  });
}
