// A control plane in a process of its own, for tests that kill it: `node control-plane.ts <folder> [<action>]`.
// It subscribes one user at once and says "asked" when that is answered; with the name of a row of the crash matrix
// it goes through what is before it, waits for a line on its standard input, acts, and says "done" in the end.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '@ptsdly/kit';
import { openHost } from '../hosts/open-host.ts';
import { openSubscriptions } from '../service.ts';
import { allRows, openPlaneOn } from './crash-matrix.ts';
import { callsOf, openPeers, testOptions } from './service.ts';

const [folder = '', name] = process.argv.slice(2);
const peers = await openPeers();

if (name === undefined) {
  const service = await openSubscriptions(testOptions(folder, peers));
  await callsOf(service, peers)
    .as('ann')
    .subscribe({ body: { planId: 'starter' } });
  process.stdout.write('asked\n');
} else {
  const row = allRows.find((each) => each.name === name);
  if (!row) throw new Error(`there is no row "${name}"`);
  const { plane } = await openPlaneOn(folder, peers, (options) =>
    openHost(`process:${folder}/servers`, { ...options, log: silentLog }),
  );
  await row.before?.(plane);
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  await row.act(plane);
  await plane.becomes(row.states);
  await sleep(300);
  process.stdout.write('done\n');
}
