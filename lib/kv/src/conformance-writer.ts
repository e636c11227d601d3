import { writeSync } from 'node:fs';
import { openKv } from './open-kv.ts';

/** The process that the crash test kills: writes pairs in transactions and prints each acknowledged number. */
const kv = await openKv(process.argv[2] ?? '');

const write = async (n: number) => {
  await kv.transaction((tx) => {
    tx.put('left', n);
    tx.put(`entry/${n}`, n);
    tx.put('right', n);
  });
  writeSync(1, `${n}\n`);
};

for (let n = 1; ; n++) await write(n);
