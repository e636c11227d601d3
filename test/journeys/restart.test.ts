import { afterAll, expect, test } from 'vitest';
import { callsOf, startLoad } from '../load.ts';
import { type Product, startProduct } from '../product.ts';

let product: Product | undefined;
afterAll(() => product?.stop());

test('identity restarts alone, and nobody’s request fails', async () => {
  product = await startProduct({
    topology: 'every service apart',
    env: { PTSDLY_DRAIN: '0.2', PTSDLY_RATE_FACTOR: '0' },
  });
  const load = startLoad(product.url, await callsOf(product.url), 6);
  await load.more(40);
  const t = Date.now();
  await product.restart('identity');
  console.log(Date.now() - t, load.count);
  await load.more(40);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.longest).toBeGreaterThan(200); // it was really away
});
