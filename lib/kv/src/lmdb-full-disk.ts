import { openKv } from './open-kv.ts';

/** Run under a limit of the file size (`ulimit -f`): fills the store, then frees room. Prints what it saw. */
const kv = await openKv(`lmdb:${process.argv[2] ?? ''}`);
const piece = 'x'.repeat(100_000);
const refusedBy = (write: Promise<unknown>) =>
  write.then(
    () => false,
    () => true,
  );

await kv.put('first', 1);
let written = 0;
let refused = false;
while (!refused && written < 1000) {
  refused = await refusedBy(kv.put(`piece/${written}`, piece));
  if (!refused) written++;
}
const counter = kv.transaction(async (tx) => {
  tx.put('counter', ((await tx.get<number>('counter')) ?? 0) + 1);
  for (let n = 0; n < 40; n++) tx.put(`more/${n}`, piece);
});
const follower = kv.transaction(async (tx) => tx.get('counter'));
const followersRefused = (await refusedBy(counter)) && (await refusedBy(follower));
const kept =
  (await kv.get('first')) === 1 && (await kv.scan({ prefix: 'piece/', limit: 1000 })).length === written;
for (let n = 0; n < written; n++) await kv.remove(`piece/${n}`).catch(() => undefined);
const recovered = !(await refusedBy(kv.put('again', piece))) && (await kv.get('counter')) === undefined;
process.stdout.write(JSON.stringify({ refused, kept, followersRefused, recovered }));
await kv.close();
