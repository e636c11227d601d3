import { openKv } from '../open-kv.ts';

/** One of several processes: adds to two counters in the same transactions, some at once, and prints what it got. */
const kv = await openKv(process.argv[2] ?? '');
const times = Number(process.argv[3]);

const addOne = () =>
  kv.transaction(async (tx) => {
    const [left = 0, right = 0] = await Promise.all([tx.get<number>('left'), tx.get<number>('right')]);
    if (left !== right) throw new Error('the counters differ');
    tx.put('left', left + 1);
    tx.put('right', right + 1);
    return left + 1;
  });

for (let n = 0; n < times; n += 5) {
  for (const count of await Promise.all([1, 2, 3, 4, 5].map(addOne))) process.stdout.write(`${count}\n`);
}
await kv.close();
