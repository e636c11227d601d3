import { writeSync } from 'node:fs';
import { Bell } from '@ptsdly/kit';
import { openKv } from '@ptsdly/kv';
import { Ledger } from '../sharing/ledger.ts';
import { noLimits } from '../sharing/limits.ts';
import { Links } from '../sharing/links.ts';

/** The process that the crash test kills: makes links and revokes every third, and prints what was acknowledged. */
const WRITERS = 8;
const kv = await openKv(process.argv[2] ?? '');
const links = new Links(new Ledger(kv, new Bell()));
const target = { ownerId: 'ann', serverId: 'server', slug: 'slug', videoId: 'video' };
const say = (...words: string[]) => writeSync(1, `${words.join(' ')}\n`);

await Promise.all(
  Array.from({ length: WRITERS }, async () => {
    for (let n = 0; ; n++) {
      const { id, code } = await links.create(target, noLimits);
      say('made', id, code);
      if (n % 3 !== 0) continue;
      await links.revoke('ann', id);
      say('revoked', id, code);
    }
  }),
);
