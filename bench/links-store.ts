// `node links-store.ts <folder> <count> <file>`: makes links through the modules of links, and writes their codes.
import { writeFile } from 'node:fs/promises';
import { Bell, newId } from '@ptsdly/kit';
import { openKv } from '@ptsdly/kv';
import { newCode } from '../services/links/src/codes/code.ts';
import { Ledger } from '../services/links/src/sharing/ledger.ts';
import { noLimits } from '../services/links/src/sharing/limits.ts';
import type { LinkRecord } from '../services/links/src/sharing/link.ts';

/** Links in one transaction. */
const BATCH = 20_000;
const VIDEOS = 1000;

const [folder = '', count = '0', codesFile = ''] = process.argv.slice(2);
// In their order, so that keys come in the order of the store. Large transactions in another order would leave
// more free pages behind than the links that people make one at a time.
const codes = Array.from({ length: Number(count) }, newCode).sort();
const kv = await openKv(`lmdb:${folder}`);
const ledger = new Ledger(kv, new Bell());
for (let made = 0; made < codes.length; made += BATCH) {
  const links = codes.slice(made, made + BATCH).map(link);
  await ledger.change(async (tx) => {
    for (const each of links) ledger.save(tx, each);
  });
}
await kv.close();
await writeFile(codesFile, `${codes.join('\n')}\n`);

/** One of many owners' links, without limits. */
function link(code: string, n: number): LinkRecord {
  const video = n % VIDEOS;
  const target = {
    ownerId: `owner-${video % 100}`,
    serverId: `server-${video % 100}`,
    slug: `slug-${video % 100}`,
    videoId: `video-${video}`,
  };
  const fresh = { id: newId(), code, createdAt: Date.now(), views: 0, lastOpenedAt: null };
  return { ...target, ...noLimits, ...fresh, epoch: 1, end: null, changedSeq: 0 };
}
