// A control plane in a process of its own, for tests that kill it: `node control-plane.ts <folder>`.
// It subscribes one user at once and says "asked" when that is answered.
import { openSubscriptions } from '../service.ts';
import { callsOf, openPeers, testOptions } from './service.ts';

const folder = process.argv.at(-1) as string;
const peers = await openPeers();
const service = await openSubscriptions(testOptions(folder, peers));
await callsOf(service, peers)
  .as('ann')
  .subscribe({ body: { planId: 'starter' } });
process.stdout.write('asked\n');
