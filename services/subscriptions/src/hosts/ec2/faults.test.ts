import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryNotes, TestAws, TestGate } from '../../testing/ec2/fixture.ts';
import { bootQuickMachine } from '../../testing/ec2/quick-machine.ts';
import type { Host, HostNotes, HostOptions, ServerSpec } from '../host.ts';
import { openHost } from '../open-host.ts';

let aws: TestAws;
let gate: TestGate;
let notes: HostNotes;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  gate = await TestGate.open();
  notes = memoryNotes();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await aws.close();
  await gate.close();
});

const spec: ServerSpec = { serverId: 'one', ownerId: 'ann', generation: 1, slug: 'abc', quotaBytes: 1000 };
const error = (status: number, code: string) => ({ kind: 'error', status, code }) as const;

interface Given {
  readonly visibleMs?: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly options?: Partial<HostOptions>;
}

/** Another control plane on the same cloud, once there is one. */
async function open({ visibleMs = 0, settings = {}, options = {} }: Given = {}): Promise<Host> {
  if (closing.length === 0) aws = await TestAws.open({ boot: bootQuickMachine, bootMs: 1, visibleMs });
  const host = await openHost(`ec2:${aws.location(settings)}`, gate.options(notes, options));
  gate.host = host;
  closing.push(() => host.close());
  return host;
}

const stateOf = async (host: Host) => (await host.observe('one'))?.state;
const becomes = (host: Host, state: string) =>
  expect.poll(() => stateOf(host), { timeout: 10_000, interval: 10 }).toBe(state);
const tokensAsked = () => new Set([...aws.cloud.instances.values()].map(({ token }) => token)).size;

describe('the cloud does what clouds do', () => {
  test('a reply that is lost after the work leaves one instance', async () => {
    const host = await open();
    aws.cloud.api.fail('RunInstances', { kind: 'lost-answer' });
    await host.ensure(spec);
    await becomes(host, 'ready');
    expect(aws.cloud.instances.size).toBe(1);
  });

  test('every reply lost: the loop comes again, and finds the instance that it had asked for', async () => {
    const host = await open();
    aws.cloud.api.fail('RunInstances', { kind: 'lost-answer' }, 4);
    await expect(host.ensure(spec)).rejects.toMatchObject({ kind: 'retry' });
    await host.ensure(spec);
    await becomes(host, 'ready');
    expect(aws.cloud.instances.size).toBe(1);
  });

  test('what is made shows late: nothing is made twice, and nothing is taken for gone', async () => {
    const host = await open({ visibleMs: 400 });
    await host.ensure(spec);
    expect(await stateOf(host)).toBe('starting');
    await host.ensure(spec);
    await becomes(host, 'ready');
    await host.destroy('one');
    expect(aws.cloud.alive()).toEqual([]);
    expect(aws.cloud.instances.size).toBe(1);
  });

  test('throttled calls are repeated', async () => {
    const host = await open();
    aws.cloud.api.fail('RunInstances', error(503, 'RequestLimitExceeded'));
    await host.ensure(spec);
    await becomes(host, 'ready');
  });

  test('without room in one zone it goes to the next, then to the next type, and then waits', async () => {
    const host = await open();
    for (const full of ['subnet-a/t4g.small', 'subnet-b/t4g.small']) aws.cloud.full.add(full);
    await host.ensure(spec);
    expect(aws.cloud.alive()).toMatchObject([{ subnet: 'subnet-a', type: 't4g.medium' }]);
    for (const full of ['subnet-a/t4g.medium', 'subnet-b/t4g.medium']) aws.cloud.full.add(full);
    const second = host.ensure({ ...spec, serverId: 'two' });
    await expect(second).rejects.toMatchObject({ kind: 'capacity', message: /no free machine/ });
    expect(await host.observe('two')).toMatchObject({ state: 'stopped' }); // so that it is asked for again
  });

  test.each([
    ['VcpuLimitExceeded', 'capacity'],
    ['UnauthorizedOperation', 'stop'],
    ['InvalidAMIID.NotFound', 'stop'],
    ['InternalError', 'retry'],
  ])('%s means %s', async (code, kind) => {
    const host = await open();
    aws.cloud.api.fail('RunInstances', error(code === 'InternalError' ? 500 : 400, code), 4);
    await expect(host.ensure(spec)).rejects.toMatchObject({ name: 'HostError', kind });
    expect(aws.cloud.instances.size).toBe(0);
  });

  test('other parameters under a used token: another number, and the first instance is ended', async () => {
    const host = await open();
    aws.cloud.deaf = 1; // it would come in by itself otherwise
    aws.cloud.api.fail('RunInstances', { kind: 'lost-answer' }, 4);
    await expect(host.ensure(spec)).rejects.toMatchObject({ kind: 'retry' });
    await host.close();
    const moved = await open({ settings: { image: 'ami-2' } });
    await moved.ensure(spec);
    await becomes(moved, 'ready');
    expect(tokensAsked()).toBe(2);
    await expect.poll(() => aws.of('one').length, { timeout: 5000 }).toBe(1);
  });

  test('EC2 away: what is known is not mistaken for nothing', async () => {
    const host = await open();
    await host.ensure(spec);
    await becomes(host, 'ready');
    aws.cloud.api.fail('DescribeInstances', error(500, 'InternalError'), 10_000);
    await expect(host.list()).rejects.toMatchObject({ kind: 'retry' });
    expect(await stateOf(host)).toBe('ready');
    const other = await open();
    await expect(other.observe('one')).rejects.toMatchObject({ kind: 'retry' });
  });
});

describe('instances that do not come up', () => {
  test('are replaced twice; then it has failed, and nothing is left', async () => {
    const host = await open({ settings: { boot: '0.15' } });
    aws.cloud.deaf = 100;
    const ensured = async () => {
      const state = await stateOf(host);
      if (state === undefined || state === 'stopped') await host.ensure(spec);
      return state;
    };
    await expect.poll(ensured, { timeout: 10_000, interval: 10 }).toBe('failed');
    expect(await host.observe('one')).toMatchObject({ detail: /does not come up/ });
    expect(aws.cloud.instances.size).toBe(3);
    await expect.poll(() => aws.of('one').length).toBe(0);
    await host.close();
    aws.cloud.deaf = 0;
    const patient = await open();
    expect(await stateOf(patient)).toBe('stopped'); // a restart tries anew
    await patient.ensure(spec);
    await becomes(patient, 'ready');
  });

  test('one with data is never replaced: it is started again, and its protection outlasts us', async () => {
    const host = await open();
    await host.ensure(spec);
    await becomes(host, 'ready');
    const [instance] = aws.of('one');
    expect(instance?.protected).toBe(true);
    await aws.cloud.breakDown(instance?.id ?? '');
    await becomes(host, 'starting');
    await becomes(host, 'ready');
    expect(aws.cloud.instances.size).toBe(1);
  });

  test('one that was terminated from outside has failed, and no empty one takes its place', async () => {
    const host = await open();
    await host.ensure(spec);
    await becomes(host, 'ready');
    await aws.cloud.lose(aws.of('one')[0]?.id ?? '');
    await becomes(host, 'failed');
    await host.ensure({ ...spec, generation: 2 });
    expect(await host.observe('one')).toMatchObject({ state: 'failed', detail: /removed from outside/ });
    expect(aws.cloud.instances.size).toBe(1);
  });
});

describe('two control planes', () => {
  test('at once ask for one instance', async () => {
    const [one, two] = [await open(), await open()];
    await Promise.allSettled([one.ensure(spec), two.ensure(spec)]);
    await becomes(two, 'ready');
    await becomes(one, 'ready');
    expect(aws.of('one')).toHaveLength(1);
  });

  test('one that froze before it asked, and asks when all is over, leaves nothing', async () => {
    const frozen = await open({ options: { cloudKeys: { accessKeyId: 'FROZEN', secretAccessKey: 'x' } } });
    const thaw = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    aws.cloud.api.hook = async (moment, _, caller) => {
      if (caller !== 'FROZEN' || moment !== 'before RunInstances') return;
      reached.resolve();
      await thaw.promise;
    };
    const late = frozen.ensure(spec);
    late.catch(() => undefined);
    await reached.promise;
    const other = await open();
    await other.ensure(spec);
    await becomes(other, 'ready');
    await other.destroy('one');
    expect(aws.of('one')).toEqual([]);
    thaw.resolve();
    await expect(late).rejects.toMatchObject({ kind: 'retry' });
    await expect.poll(() => aws.of('one').length, { timeout: 5000 }).toBe(0);
    expect(await other.observe('one')).toBeNull();
    expect([...aws.s3.buckets.keys()]).toEqual([]);
  });
});

describe('what is left', () => {
  test('an instance of an unknown server is shown, and can be stopped', async () => {
    const host = await open();
    await host.ensure(spec);
    await becomes(host, 'ready');
    await host.close();
    notes = memoryNotes(); // the database was lost
    const other = await open();
    expect(await other.list()).toMatchObject([{ serverId: 'one', generation: 0, state: 'starting' }]);
    await other.sleep('one');
    expect(aws.cloud.running()).toEqual([]);
    expect(aws.of('one')).toHaveLength(1);
  });

  test('a bucket of nobody is told of and kept', async () => {
    const warned: unknown[] = [];
    const host = await open();
    await host.ensure(spec);
    notes = memoryNotes();
    const log = { ...gate.options(notes).log, warn: (about: object) => warned.push(about) };
    await open({ options: { log: log as unknown as HostOptions['log'] } });
    const [bucket] = aws.s3.buckets.keys();
    await expect.poll(() => warned).toContainEqual({ bucket });
    expect(aws.s3.buckets.size).toBe(1);
  });

  test('two installations in one account do not see each other', async () => {
    const host = await open();
    await host.ensure(spec);
    await becomes(host, 'ready');
    const own = gate.options(memoryNotes());
    const remoteControl = { address: own.remoteControl?.address ?? '', token: (id: string) => `other ${id}` };
    const stranger = await openHost(`ec2:${aws.location()}`, { ...own, remoteControl });
    closing.push(() => stranger.close());
    expect(await stranger.list()).toEqual([]);
  });
});

describe('a bucket', () => {
  const bucket = () => [...aws.s3.buckets.keys()][0] ?? '';

  test('is private, tidy and named as ours on every call', async () => {
    const host = await open();
    await host.ensure(spec);
    await becomes(host, 'ready');
    const made = ['encryption', 'lifecycle', 'ownershipControls', 'publicAccessBlock', 'tagging'];
    expect([...(aws.s3.settings.get(bucket()) ?? [])].sort()).toEqual(made);
    expect(bucket()).toMatch(/^ptsdly-[0-9a-f]{8}-[0-9a-f]{20}$/);
    expect(aws.s3.withoutOwner).toEqual([]);
  });

  test('is emptied before it goes, and goes with its server', async () => {
    const host = await open();
    await host.ensure(spec);
    await becomes(host, 'ready');
    for (let i = 0; i < 5; i++) aws.s3.buckets.get(bucket())?.add(`video-${i}/original`);
    await host.sleep('one');
    expect(aws.s3.buckets.get(bucket())?.size).toBe(5);
    await host.destroy('one');
    expect([...aws.s3.buckets]).toEqual([]);
    expect(aws.s3.withoutOwner).toEqual([]);
  });

  test('a store without encryption settings will do, where it is not AWS', async () => {
    const host = await open();
    aws.s3.refusals.push({ call: 'PUT encryption', status: 501, code: 'NotImplemented' });
    await host.ensure(spec);
  });

  test('its keys are lent for it alone', async () => {
    const host = await open();
    await host.ensure(spec);
    expect(await host.boot?.lendKeys('one')).toMatchObject({
      accessKeyId: 'LENT',
      sessionToken: 'lent-token',
    });
    const policy = JSON.parse(aws.sts.policies.get('one') ?? '{}') as { Statement: { Resource: string }[] };
    const own = `arn:aws:s3:::${bucket()}`;
    expect(policy.Statement.map(({ Resource }) => Resource)).toEqual([own, `${own}/*`]);
    await expect(host.boot?.lendKeys('nobody')).rejects.toMatchObject({ kind: 'stop' });
  });
});
