// `node links-store.ts <folder> <count> <file>`: makes links through the modules of links, and writes their codes.
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Bell, newId } from '@ptsdly/kit';
import { openKv } from '@ptsdly/kv';
import { newTotals } from '../services/links/src/click-counts.ts';
import { newCode } from '../services/links/src/code.ts';
import { keys } from '../services/links/src/keys.ts';
import { Ledger } from '../services/links/src/ledger.ts';
import { noLimits } from '../services/links/src/limits.ts';
import type { LinkRecord } from '../services/links/src/link.ts';

/** Links in one transaction. */
const BATCH = 100_000;
const VIDEOS = 1000;

const [folder = '', count = '0', codesFile = ''] = process.argv.slice(2);
const kv = await openKv(`lmdb:${folder}`);
const ledger = new Ledger(kv, new Bell());
const codes = createWriteStream(codesFile);
for (let made = 0; made < Number(count); made += BATCH) {
  const links = Array.from({ length: Math.min(BATCH, Number(count) - made) }, (_, i) => link(made + i));
  await ledger.change(async (tx) => {
    for (const each of links) {
      ledger.save(tx, each);
      tx.put(keys.clicks(each.id), newTotals);
    }
  });
  codes.write(`${links.map(({ code }) => code).join('\n')}\n`);
}
codes.end();
await finished(codes);
await kv.close();

/** One of many owners' links, without limits. */
function link(n: number): LinkRecord {
  const video = n % VIDEOS;
  const target = {
    ownerId: `owner-${video % 100}`,
    serverId: `server-${video % 100}`,
    slug: `slug-${video % 100}`,
    videoId: `video-${video}`,
  };
  const fresh = { id: newId(), code: newCode(), createdAt: Date.now(), views: 0, lastOpenedAt: null };
  return { ...target, ...noLimits, ...fresh, epoch: 1, end: null, changedSeq: 0 };
}
