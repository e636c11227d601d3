import type { AddressInfo } from 'node:net';
import { type Listener, listen } from '@ptsdly/kit';
import { afterEach, expect, test } from 'vitest';
import { openRig, type Rig } from './testing/rig.ts';

let rig: Rig | undefined;
let running: Listener | undefined;
afterEach(async () => {
  await rig?.close();
  await running?.close();
});

const identity = () => {
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  return Response.json({ token: 't', expiresAt, sub: 'u1', sid: 's' });
};
const media = { fetch: async (request: Request) => Response.json(await request.json()) };

/** As `ptsdly media` listens, on a port of its own each time. */
const start = async () => {
  running = await listen(media, { drainMs: 5000, keepsIdle: true });
};

test('a media server that is renewed fails no write', async () => {
  await start();
  const subscriptions = () => {
    const { port } = (running?.server.address() ?? { port: 0 }) as AddressInfo;
    const address = running?.server.listening ? `http://127.0.0.1:${port}` : null;
    return Response.json({ id: 's1', slug: 'abc', ownerId: 'u1', state: 'ready', address });
  };
  rig = await openRig({ subscriptions, identity }, undefined, { rateFactor: 0 });
  const url = `${rig.url}/m/abc/videos/v1/play`;
  let written = 0;
  let over = false;
  const headers = { authorization: 'Bearer owner', 'content-type': 'application/json' };
  const writer = async () => {
    while (!over) {
      const body = JSON.stringify({ count: ++written });
      const answer = await fetch(url, { method: 'POST', headers, body });
      expect([answer.status, await answer.text()]).toEqual([200, body]);
    }
  };
  const writers = Promise.all([1, 2, 3, 4, 5, 6].map(writer));
  for (let renewals = 0; renewals < 3; renewals++) {
    const before = written;
    await expect.poll(() => written, { timeout: 20_000 }).toBeGreaterThan(before + 30);
    await running?.close();
    await start();
  }
  over = true;
  await writers;
});
