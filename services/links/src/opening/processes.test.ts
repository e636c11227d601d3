import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type RedisServer, redisMissing, startRedis } from '@ptsdly/kv/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Neighbourhood, neighbourhood, targetOf } from '../testing/stand-ins.ts';

const script = fileURLToPath(new URL('../testing/opener.ts', import.meta.url));
const PROCESSES = 3;
const OPENS = 30;
const CAP = 25;

describe.skipIf(redisMissing)('several processes over one Redis', () => {
  let redis: RedisServer;
  let here: Neighbourhood;
  beforeAll(async () => {
    redis = await startRedis();
    here = await neighbourhood({ kvUrl: redis.url('views') });
  });
  afterAll(async () => {
    await here.close();
    await redis.close();
  });

  test('a cap of N views gives exactly N, whoever opens where at once', async () => {
    const { code } = await (await here.as('ann')).createLink({ body: { ...targetOf('ann'), maxViews: CAP } });
    const openers = Array.from({ length: PROCESSES }, () => {
      const args = ['--disable-warning=ExperimentalWarning', script, redis.url('views'), code, String(OPENS)];
      const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
    });
    for (const { lines } of openers) expect((await lines.next()).value).toBe('ready');
    for (const { child } of openers) child.stdin.end('go\n');
    const answers = await Promise.all(openers.map(({ lines }) => lines.next()));
    const statuses = answers.flatMap(({ value }) => JSON.parse(String(value)) as number[]);
    expect(statuses.filter((status) => status === 200)).toHaveLength(CAP);
    expect(statuses.filter((status) => status === 410)).toHaveLength(PROCESSES * OPENS - CAP);
  }, 60_000);
});
