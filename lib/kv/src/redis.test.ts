import { afterAll, beforeAll, describe } from 'vitest';
import { kvConformance } from './conformance.ts';
import { type RedisServer, redisMissing, startRedis } from './testing/redis-server.ts';

describe.skipIf(redisMissing)('redis', () => {
  let server: RedisServer;
  let count = 0;
  const newUrl = () => server.url(`store-${count++}`);
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());

  kvConformance({ name: 'redis', newUrl, exclusive: false });
});
