import { type RedisServer, redisMissing, startRedis } from '@ptsdly/kv/testing';
import { afterAll, expect, test } from 'vitest';
import { openRig, type Rig } from './testing/rig.ts';

let redis: RedisServer | undefined;
const rigs: Rig[] = [];
afterAll(async () => {
  for (const rig of rigs) await rig.close();
  await redis?.close();
});

test.skipIf(redisMissing)('two gateways over one Redis count an address together', async () => {
  redis = await startRedis();
  const ratesUrl = redis.url('gateways');
  for (let i = 0; i < 2; i++) {
    rigs.push(await openRig({ identity: () => Response.json({}) }, undefined, { ratesUrl }));
  }
  const ask = (i: number) =>
    fetch(`${rigs[i % 2]?.url}/api/auth/sign-in/email`, { method: 'POST', body: '{}' });
  const left = async (i: number) => /r=(\d+)/.exec((await ask(i)).headers.get('ratelimit') ?? '')?.[1];
  await expect.poll(async () => Number(await left(0)) - Number(await left(1))).toBe(1); // both have found Redis
  const statuses: number[] = [];
  for (let i = 0; i < 40; i++) statuses.push((await ask(i)).status);
  expect(statuses.filter((status) => status === 200).length).toBeLessThan(30);
  expect(statuses.slice(-2)).toEqual([429, 429]);
});
