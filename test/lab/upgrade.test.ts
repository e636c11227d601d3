import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startLoad } from '../load.ts';
import { mediaProcesses } from '../media-processes.ts';
import { Person, until } from '../person.ts';
import { type Product, root, startProduct } from '../product.ts';

const SERVERS = 3;
/** A file beside the bundle makes it another release, and is otherwise nothing. */
const mark = join(root, 'services/media/dist/another-release.mjs');

let product: Product | undefined;
afterAll(async () => {
  await product?.stop();
  await rm(mark, { force: true });
});

test('a new release reaches servers that run, one by one, and no request fails', async () => {
  product = await startProduct({ topology: 'every service apart', env: { PTSDLY_RATE_FACTOR: '0' } });
  const { url, data } = product;
  const people = Array.from({ length: SERVERS }, () => new Person(url));
  const calls = await Promise.all(
    people.map(async (person) => {
      await person.signUp();
      const server = await person.subscribe();
      return { path: `${server.url}/videos`, headers: { cookie: person.cookie }, expected: 200 };
    }),
  );
  const before = mediaProcesses(data);
  expect(before).toHaveLength(SERVERS);
  const load = startLoad(url, calls, SERVERS * 2);
  await load.more(50);
  await writeFile(mark, 'export {};\n');
  await product.crash('subscriptions'); // servers go on without it, and the next one is of the new release
  const renewed = async () => ((await product?.log()) ?? '').split('renewed a media server').length - 1;
  await until(
    renewed,
    (count) => count === SERVERS,
    (count) => `${count} are renewed`,
    60,
  );
  await load.more(50);
  await load.stop();
  console.log(`upgrade: ${load.count} requests, the longest ${Math.round(load.longest)} ms`);
  expect(load.failures).toEqual([]);
  const after = mediaProcesses(data);
  expect(after).toHaveLength(SERVERS);
  expect(after.filter((pid) => before.includes(pid))).toEqual([]);
});
