import { serverEvent } from '@ptsdly/contract';
import { listen, reach, type Service } from '@ptsdly/kit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSubscriptions } from './service.ts';
import { callsOf, openPeers, type Peers, testFolder, testOptions } from './testing.ts';

let folder: ReturnType<typeof testFolder>;
let peers: Peers;
let service: Service;

beforeEach(async () => {
  folder = testFolder();
  peers = await openPeers();
  service = await openSubscriptions(testOptions(folder.path, peers));
});

afterEach(async () => {
  await service.close();
  folder.remove();
});

test('from subscribe to a server that answers', async () => {
  const { as, internal } = callsOf(service, peers);
  const started = performance.now();
  const made = await as('ann').subscribe({ body: { planId: 'starter' } });
  await expect
    .poll(async () => (await as('ann').getServer({ params: { id: made.server.id } })).state, {
      interval: 5,
      timeout: 10_000,
    })
    .toBe('ready');
  console.log('took', performance.now() - started);
  console.log(await internal.serverBySlug({ params: { slug: made.server.slug } }));
});
