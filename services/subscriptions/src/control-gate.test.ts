import { controlApi, createClient, Problem } from '@ptsdly/contract';
import { createServerTokens, forget, reach, type Service } from '@ptsdly/kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { composeSubscriptions } from './service.ts';
import { Cloud, fakeHost, ManualClock } from './testing/fake-host.ts';
import { freePort } from './testing/free-port.ts';
import { callsOf, openPeers, type Peers, testFolder, testOptions } from './testing/service.ts';

const tokens = createServerTokens(new TextEncoder().encode('k'.repeat(32)));
let folder: ReturnType<typeof testFolder>;
let peers: Peers;
let service: Service;
let address: string;
let serverId: string;

beforeEach(async () => {
  folder = testFolder();
  peers = await openPeers();
  address = `http://127.0.0.1:${await freePort()}`;
  const cloud = new Cloud();
  service = await composeSubscriptions(
    { ...testOptions(folder.path, peers), remoteControl: { address, tokens } },
    {
      openHost: async (_, { changed }) => fakeHost(cloud, async () => undefined, changed),
      clock: new ManualClock(),
      random: () => 1,
    },
  );
  const { server } = await callsOf(service, peers)
    .as('ann')
    .subscribe({ body: { planId: 'starter' } });
  serverId = server.id;
});

afterEach(async () => {
  await service.close();
  forget(address);
  folder.remove();
});

const withToken = (token?: string) =>
  createClient(controlApi, {
    ...reach(address),
    headers: (): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {}),
  });

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (thrown: unknown) => Problem.from(thrown).code,
  );

test('a server elsewhere is known by its token, and what it tells is told of itself', async () => {
  const control = withToken(tokens.sign(serverId));
  expect(await control.jwks({ params: { issuer: 'links' } })).toMatchObject({ keys: [{}] });
  await control.reportUsage({ body: { usedBytes: 7 } });
  const [server] = (await callsOf(service, peers).as('ann').listServers({})).items;
  expect(server).toMatchObject({ id: serverId, usedBytes: 7 });
});

test('without a token, with a wrong one and for an unknown server it is refused', async () => {
  const report = (token?: string) => codeOf(withToken(token).reportUsage({ body: { usedBytes: 7 } }));
  expect(await report()).toBe('unauthenticated');
  expect(await report(`${serverId}.wrong`)).toBe('unauthenticated');
  expect(await report(tokens.sign('nobody'))).toBe('forbidden');
});

test('a server whose account is gone is heard no more', async () => {
  const control = withToken(tokens.sign(serverId));
  await control.reportUsage({ body: { usedBytes: 1 } });
  peers.identity.publish({ type: 'user.deleted', userId: 'ann' });
  await expect.poll(() => codeOf(control.reportUsage({ body: { usedBytes: 1 } }))).toBe('forbidden');
});
