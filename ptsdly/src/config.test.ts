import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { ConfigError, printConfig, readConfig, serviceNames, settings } from './config.ts';

const read = (env: NodeJS.ProcessEnv) => readConfig(serviceNames, env);

test('nothing needs to be set', () => {
  const config = read({});
  expect(config).toMatchObject({
    port: 8080,
    host: '127.0.0.1',
    url: 'http://localhost:8080',
    rateFactor: 1,
  });
  expect(config.identityDatabase).toBe(`sqlite:${config.data}/identity.db`);
  expect(Object.isFrozen(config)).toBe(true);
});

test('an empty value counts as not set, and a slash at the end of the address is dropped', () => {
  expect(read({ PORT: '', PTSDLY_URL: 'https://ptsd.example/' })).toMatchObject({
    port: 8080,
    url: 'https://ptsd.example',
  });
});

test('every fault is named at once', () => {
  const faulty = { PORT: 'eighty', PTSDLY_URL: 'ftp://x', PTSDLY_LOG: 'loud', PTSDLY_SERVICE_KEY: 'short' };
  try {
    read(faulty);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    for (const name of Object.keys(faulty)) expect((error as Error).message).toContain(name);
  }
});

test('secrets are never printed', () => {
  const secret = 's'.repeat(40);
  const issuer = { name: 'X', issuer: 'https://x.test', clientId: 'x', clientSecret: secret };
  const special: Record<string, string> = {
    PTSDLY_OIDC: JSON.stringify([{ ...issuer, id: 'work' }]),
    PTSDLY_SMTP_URL: `smtp://user:${secret}@mail.test`,
    PTSDLY_STORAGE_KEY: `id:${secret}`,
    PTSDLY_CLOUD_KEY: `id:${secret}`,
  };
  const env = Object.fromEntries(
    Object.values(settings)
      .filter((setting) => setting.secret)
      .map((setting) => [setting.env, special[setting.env] ?? secret]),
  );
  expect(Object.keys(env).length).toBeGreaterThan(2);
  const printed = printConfig(read(env));
  expect(printed).not.toContain(secret);
  expect(printed).toContain('PTSDLY_SERVICE_KEY=[hidden]');
  const store = printConfig(read({ PTSDLY_LINKS_STORE: 'redis://user:p%40ss@kv.test:6379/0' }));
  expect(store).toContain('PTSDLY_LINKS_STORE=redis://user:[hidden]@kv.test:6379/0');
});

/** Makes the same secrets as all its brothers, at the same moment. */
const SECRET_MAKER = `
  const { parentPort, workerData: { module, folder, gate, count } } = require('node:worker_threads');
  import(module).then(({ keptSecret }) => {
    const arrivals = new Int32Array(gate);
    const secrets = [];
    for (let round = 0; round < 100; round++) {
      Atomics.add(arrivals, round, 1);
      while (Atomics.load(arrivals, round) < count);
      secrets.push(keptSecret(folder, 'secret-' + round));
    }
    parentPort.postMessage(secrets);
  });`;

test('services that start at once share one secret', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ptsdly-secrets-'));
  mkdirSync(join(folder, 'secrets'));
  const gate = new SharedArrayBuffer(400);
  const workerData = { module: new URL('./data-folder.ts', import.meta.url).href, folder, gate, count: 2 };
  const makers = [1, 2].map(() => new Worker(SECRET_MAKER, { eval: true, workerData }));
  const made = await Promise.all(
    makers.map((maker) => new Promise((resolve) => maker.once('message', resolve))),
  );
  expect(made[0]).toEqual(made[1]);
  expect(new Set(made[0] as string[]).size).toBe(100);
  expect(readdirSync(join(folder, 'secrets'))).toHaveLength(100);
  rmSync(folder, { recursive: true });
});

test('a password in the URL of a store is not printed', () => {
  const printed = printConfig(
    read({ PTSDLY_LINKS_STORE: 'rediss://me:ge@heim@redis.example:6379/0?prefix=x' }),
  );
  expect(printed).not.toContain('heim');
  expect(printed).toContain('PTSDLY_LINKS_STORE=rediss://me:[hidden]@redis.example:6379/0?prefix=x');
});

test('sockets have a short path whatever the data folder is called', () => {
  expect(read({ PTSDLY_DATA: `/x${'/deep'.repeat(50)}` }).runFolder.length).toBeLessThan(60);
});
