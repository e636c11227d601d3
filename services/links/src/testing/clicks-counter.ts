import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Metrics, silentLog } from '@ptsdly/kit';
import { openKv } from '@ptsdly/kv';
import { Clicks } from '../clicks/clicks.ts';
import { keys } from '../keys.ts';

/** The process that the crash test kills: counts for ever and prints how far it is. */
const kv = await openKv(process.argv[2] ?? '');
await kv.put(keys.link('link'), {});
const clicks = await Clicks.open(kv, silentLog, new Metrics('links'));
for (let n = 1; ; n++) {
  clicks.count('link', false);
  if (n % 10 !== 0) continue;
  writeSync(1, `${n}\n`);
  await pause(1); // some thousand clicks a second
}
