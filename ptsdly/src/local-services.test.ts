import type { Service } from '@ptsdly/kit';
import { expect, test } from 'vitest';
import type { ServiceName } from './config.ts';
import { LocalServices } from './local-services.ts';

const request = new Request('http://service/');

function fake(name: ServiceName, closed: string[] = []): Service {
  return {
    name,
    fetch: async () => new Response(name),
    close: async () => void closed.push(name),
  };
}

test('a call to a service that is not open yet waits until it is', async () => {
  const local = new LocalServices(['identity', 'links']);
  let early: Promise<Response> | undefined;
  await local.open(async (name) => {
    early ??= local.peer('links').fetch(request);
    return fake(name);
  });
  expect(await (await early)?.text()).toBe('links');
  expect(await (await local.peer('identity').fetch(request)).text()).toBe('identity');
});

test('one that cannot open is named, nothing behind it is touched, and what did open closes', async () => {
  const closed: string[] = [];
  const asked: string[] = [];
  const local = new LocalServices(['identity', 'links', 'subscriptions']);
  const opening = local.open(async (name) => {
    asked.push(name);
    if (name === 'links') throw new Error('the folder is in use');
    return fake(name, closed);
  });
  await expect(opening).rejects.toMatchObject({
    name: 'ConfigError',
    message: 'links cannot start: the folder is in use',
  });
  await local.close();
  expect(asked).toEqual(['identity', 'links']);
  expect(closed).toEqual(['identity']);
});

test('they close in reverse, and a service that closes is not called any more', async () => {
  const closed: string[] = [];
  let calls = 0;
  const local = new LocalServices(['identity', 'links']);
  await local.open(async (name) => ({
    ...fake(name, closed),
    fetch: async () => {
      calls++;
      return new Response();
    },
    async close() {
      void local.peer(name).fetch(request);
      closed.push(name);
    },
  }));
  await local.close();
  expect(closed).toEqual(['links', 'identity']);
  expect(calls).toBe(0);
});
