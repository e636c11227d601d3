// `node links-creator.ts <folder> <creators> <seconds>`: makes links as fast as it can; prints what it came to as JSON.
import { Bell } from '@ptsdly/kit';
import { openKv } from '@ptsdly/kv';
import { Ledger } from '../services/links/src/sharing/ledger.ts';
import { noLimits } from '../services/links/src/sharing/limits.ts';
import { Links } from '../services/links/src/sharing/links.ts';

const [folder = '', creators = '1', seconds = '1'] = process.argv.slice(2);
const kv = await openKv(`lmdb:${folder}`);
const links = new Links(new Ledger(kv, new Bell()));
const started = performance.now();
const before = process.cpuUsage();
const until = started + Number(seconds) * 1000;
let made = 0;
await Promise.all(
  Array.from({ length: Number(creators) }, async (_, n) => {
    const target = { ownerId: `owner-${n}`, serverId: `server-${n}`, slug: `slug-${n}`, videoId: 'video' };
    for (; performance.now() < until; made++) await links.create(target, noLimits);
  }),
);
const { user, system } = process.cpuUsage(before);
const took = (performance.now() - started) / 1000;
await kv.close();
console.log(JSON.stringify({ links: made, seconds: took, processor: (user + system) / 1e6 }));
