import { isDeepStrictEqual } from 'node:util';
import type { Kv } from './kv.ts';
import { openKv } from './open-kv.ts';

const SLICE = 200;
/** In the target until all is there: how far the copy has come. */
const MARK = 'store-copy';

/**
 * Copies a store to an empty one and compares the two, key by key; answers how many keys there are. What was interrupted
 * goes on where it was when it is called again. Rejects with a plain sentence where the target has keys of its own or the two
 * differ at the end; the source is only read.
 */
export async function transferStore(from: string, to: string): Promise<number> {
  const source = await openKv(from);
  try {
    const target = await openKv(to);
    try {
      await copy(source, target);
      await target.remove(MARK);
      return await compare(source, target);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copy(source: Kv, target: Kv): Promise<void> {
  let after = await target.get<string>(MARK);
  if (after === undefined && (await target.scan({ prefix: '', limit: 1 })).length > 0) {
    throw new Error('the target is not empty');
  }
  for (;;) {
    const page = await source.scan({ prefix: '', limit: SLICE, ...(after === undefined ? {} : { after }) });
    const last = page.at(-1)?.key;
    if (last === undefined) return;
    await target.transaction((tx) => {
      for (const { key, value } of page) tx.put(key, value);
      tx.put(MARK, last);
    });
    after = last;
  }
}

async function compare(source: Kv, target: Kv): Promise<number> {
  for (let count = 0, after: string | undefined; ; ) {
    const range = { prefix: '', limit: SLICE, ...(after === undefined ? {} : { after }) };
    const [here, there] = [await source.scan(range), await target.scan(range)];
    if (!isDeepStrictEqual(here, there)) throw new Error('the stores differ after the copy');
    if (here.length === 0) return count;
    count += here.length;
    after = here.at(-1)?.key;
  }
}
