import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryNotes, TestAws, TestGate } from '../../testing/ec2/fixture.ts';
import { bootQuickMachine } from '../../testing/ec2/quick-machine.ts';
import type { Host, ServerSpec } from '../host.ts';
import { openHost } from '../open-host.ts';

let aws: TestAws;
let gate: TestGate;
let host: Host;
const spec: ServerSpec = { serverId: 'one', ownerId: 'ann', generation: 1, slug: 'abc', quotaBytes: 1000 };

beforeEach(async () => {
  aws = await TestAws.open({ boot: bootQuickMachine, bootMs: 1 });
  gate = await TestGate.open();
  host = await openHost(`ec2:${aws.location()}`, gate.options(memoryNotes()));
});
afterEach(async () => {
  await host.close();
  await gate.close();
  await aws.close();
});

/** What an instance finds in its user data. */
function orderIn(userData: string): Record<string, unknown> {
  return JSON.parse(`${/'(\{"serverId".*?)'/.exec(userData)?.[1]}}`) as Record<string, unknown>;
}

const instance = () => {
  const [one] = aws.of('one');
  if (!one) throw new Error('there is no instance');
  return one;
};
const nonce = 'a'.repeat(64);
const redeem = (more: object = {}) => {
  const body = JSON.stringify({ ...orderIn(instance().userData), nonce, instanceId: instance().id, ...more });
  return gate.answer(ask('POST', '/boot/token', { body }));
};
const ask = (
  method: string,
  path: string,
  { body, token, etag }: { body?: string; token?: string; etag?: string },
) =>
  new Request(`http://control${path}`, {
    method,
    body: body ?? null,
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(etag && { 'if-none-match': etag }),
    },
  });

describe('the boot token', () => {
  /** The gate knows the host only now, so that no machine has been faster. */
  beforeEach(async () => {
    await host.ensure(spec);
    await expect.poll(() => host.list()).toMatchObject([{ state: 'starting' }]);
    gate.host = undefined;
  });
  const redeemed = async (more: object = {}) => {
    gate.host = host;
    try {
      return (await redeem(more)).status;
    } finally {
      gate.host = undefined;
    }
  };

  test('becomes the token of the server, again for whoever has shown it first, and for nobody else', async () => {
    expect(await redeemed()).toBe(200);
    expect(await redeemed()).toBe(200); // the reply was lost
    expect(await redeemed({ nonce: 'b'.repeat(64) })).toBe(403);
  });

  test.each([
    ['a token of another launch', { launch: 2 }],
    ['a token of another server', { serverId: 'two' }],
    ['a forged token', { token: 'one.forged' }],
    ['no number of its own', { nonce: 'short' }],
    ['more than is asked for', { admin: true }],
  ])('%s is refused', async (_, more) => {
    expect([400, 403, 422]).toContain(await redeemed(more));
  });

  test('an instance that EC2 does not show must wait, and that of another server is refused', async () => {
    expect(await redeemed({ instanceId: 'i-unknown' })).toBe(503);
    await host.ensure({ ...spec, serverId: 'two' });
    await expect.poll(() => host.list()).toHaveLength(2);
    expect(await redeemed({ instanceId: aws.of('two')[0]?.id })).toBe(403);
  });

  test('is worth nothing once the server is gone', async () => {
    const { userData, id } = instance();
    await host.destroy('one');
    gate.host = host;
    const body = JSON.stringify({ ...orderIn(userData), nonce, instanceId: id });
    expect((await gate.answer(ask('POST', '/boot/token', { body }))).status).toBe(403);
  });
});

test('user data is small, says nothing but the boot token, and tells of one server only', async () => {
  await host.ensure(spec);
  const { userData } = instance();
  const { token } = gate.options(memoryNotes()).remoteControl ?? { token: String };
  expect(Buffer.byteLength(userData)).toBeLessThan(8000);
  expect(userData).toContain(token('boot:one:1'));
  expect(userData).not.toContain(token('one'));
  expect(userData).not.toMatch(/AKIA|secret/);
});

test('once it has answered nobody redeems anything, and configuration needs the token of the server', async () => {
  gate.host = host;
  await host.ensure(spec);
  await expect.poll(async () => (await host.observe('one'))?.state).toBe('ready');
  expect((await redeem()).status).toBe(403);
  const token = gate.options(memoryNotes()).remoteControl?.token('one') ?? '';
  const fetched = (given: object) => gate.answer(ask('GET', '/boot/package', given));
  expect((await fetched({})).status).toBe(401);
  const answer = await fetched({ token });
  const tar = Buffer.from(await answer.arrayBuffer()).toString();
  expect(tar).toContain('"controlToken"');
  expect(tar).toContain('media.mjs');
  const etag = answer.headers.get('etag') ?? '';
  expect((await fetched({ token, etag })).status).toBe(304);
  expect((await gate.answer(ask('GET', '/boot/else', { token }))).status).toBe(404);
});
