import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BootedMachine, type BootMachine, Machine } from './machine.ts';
import {
  escapeXml,
  type Form,
  itemsOf,
  listOf,
  QueryApi,
  QueryError,
  structsOf,
  xmlOf,
} from './query-api.ts';

export interface CloudOptions {
  /** Milliseconds until what was done shows in a Describe. */
  readonly visibleMs?: number;
  /** Milliseconds that an instance is `pending`. */
  readonly bootMs?: number;
  /** How instances run; in a sandbox where not given. */
  readonly boot?: BootMachine;
  /** Zone of each subnet. */
  readonly subnets?: Readonly<Record<string, string>>;
}

type State = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
const CODES: Readonly<Record<State, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

interface Instance {
  readonly id: string;
  readonly token: string;
  readonly hash: string;
  readonly type: string;
  readonly subnet: string;
  readonly privateIp: string;
  readonly userData: string;
  readonly tags: Map<string, string>;
  readonly disk: string;
  readonly boots: boolean;
  readonly history: { readonly at: number; readonly state: State }[];
  protected: boolean;
  machine?: BootedMachine;
}

let addresses = (process.pid % 250) * 250;

/**
 * EC2 as its callers see it (query API, 2016-11-15): what was done shows late, an answer may get lost, there may be
 * no room. An instance is a sandboxed process that runs its user data.
 */
export class Cloud {
  readonly instances = new Map<string, Instance>();
  readonly templates = new Map<string, Form>();
  readonly groups = new Map<
    string,
    { readonly name: string; readonly tags: Map<string, string>; rules: number }
  >();
  /** Subnets and types, as `subnet-a/t4g.small`, of which there is none left. */
  readonly full = new Set<string>();
  /** Of how many of the next instances nothing is ever heard. */
  deaf = 0;
  readonly api: QueryApi;
  readonly #options: Required<CloudOptions>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ec2-'));
  #changing = new Set<Promise<unknown>>();

  private constructor(options: CloudOptions) {
    this.#options = {
      visibleMs: 0,
      bootMs: 20,
      boot: (machine) => Machine.boot(machine),
      subnets: { 'subnet-a': 'zone-a', 'subnet-b': 'zone-b' },
      ...options,
    };
    this.api = new QueryApi({
      namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
      errorDocument: (code, message) =>
        `<Response><Errors><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error></Errors><RequestID>0</RequestID></Response>`,
      actions: {
        RunInstances: (form) => this.#run(form),
        DescribeInstances: (form) => this.#describe(form),
        StartInstances: (form) => this.#change(form, (instance) => this.#start(instance)),
        StopInstances: (form) => this.#change(form, (instance) => this.#stop(instance)),
        TerminateInstances: (form) => this.#change(form, (instance) => this.#terminate(instance)),
        ModifyInstanceAttribute: (form) => this.#modify(form),
        CreateSecurityGroup: (form) => this.#createGroup(form),
        DescribeSecurityGroups: (form) => this.#describeGroups(form),
        AuthorizeSecurityGroupIngress: (form) => this.#authorize(form),
        CreateLaunchTemplate: (form) => this.#createTemplate(form),
        DescribeLaunchTemplates: (form) => this.#describeTemplates(form),
      },
    });
  }

  static async open(options: CloudOptions = {}): Promise<Cloud> {
    const cloud = new Cloud(options);
    await cloud.api.listen();
    return cloud;
  }

  /** Instances that have not been terminated, as they are and not as they are shown. */
  alive(): Instance[] {
    return [...this.instances.values()].filter(
      (one) => !['shutting-down', 'terminated'].includes(stateOf(one)),
    );
  }

  running(): Instance[] {
    return this.alive().filter((one) => ['pending', 'running'].includes(stateOf(one)));
  }

  /** Ends an instance as a fault of its hardware would. */
  async breakDown(id: string): Promise<void> {
    const instance = this.#find(id);
    this.#enter(instance, 'stopped');
    await instance.machine?.cutPower();
  }

  /** Ends an instance for good, as somebody at the console may. */
  async lose(id: string): Promise<void> {
    const instance = this.#find(id);
    this.#enter(instance, 'terminated');
    await instance.machine?.cutPower();
  }

  async close(): Promise<void> {
    await this.api.close();
    await Promise.allSettled(this.#changing);
    await Promise.all([...this.instances.values()].map((one) => one.machine?.runs && one.machine.cutPower()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(form: Form): string {
    const token = form.get('ClientToken') ?? randomBytes(8).toString('hex');
    const hash = hashOf(form);
    const known = [...this.instances.values()].find((one) => one.token === token);
    if (known && known.hash !== hash) throw new QueryError(400, 'IdempotentParameterMismatch');
    if (known) return `<instancesSet>${itemsOf([this.#xml(known, stateOf(known))])}</instancesSet>`;
    const [type, subnet] = [form.get('InstanceType') ?? '', form.get('SubnetId') ?? ''];
    if (!this.templates.has(form.get('LaunchTemplate.LaunchTemplateName') ?? ''))
      throw new QueryError(400, 'InvalidLaunchTemplateName.NotFoundException');
    if (!(subnet in this.#options.subnets)) throw new QueryError(400, 'InvalidSubnetID.NotFound');
    if (this.full.has(`${subnet}/${type}`)) throw new QueryError(500, 'InsufficientInstanceCapacity');
    const userData = Buffer.from(form.get('UserData') ?? '', 'base64').toString();
    if (userData.length > 16_384)
      throw new QueryError(400, 'InvalidParameterValue', 'User data is limited to 16384 bytes');
    const id = `i-${randomBytes(8).toString('hex')}`;
    const instance: Instance = {
      ...{ id, token, hash, type, subnet, userData, history: [], protected: false },
      privateIp: nextAddress(),
      tags: tagsOf(form, 'instance'),
      disk: join(this.#folder, id),
      boots: this.deaf-- <= 0,
    };
    if (this.deaf < 0) this.deaf = 0;
    this.instances.set(id, instance);
    this.#start(instance);
    return `<instancesSet>${itemsOf([this.#xml(instance, 'pending')])}</instancesSet>`;
  }

  #describe(form: Form): string {
    const asked = listOf(form, 'InstanceId');
    const shown = [...this.instances.values()].flatMap((one) => {
      const state = this.#shown(one);
      return state ? [{ one, state }] : [];
    });
    for (const id of asked) {
      if (!shown.some(({ one }) => one.id === id)) throw new QueryError(400, 'InvalidInstanceID.NotFound');
    }
    const filters = structsOf(form, 'Filter').map((filter) => ({
      name: filter.get('Name') ?? '',
      values: listOf(filter, 'Value'),
    }));
    const found = shown.filter(({ one, state }) => {
      if (asked.length > 0 && !asked.includes(one.id)) return false;
      return filters.every(({ name, values }) => values.includes(attributeOf(one, state, name)));
    });
    const [from, most] = [Number(form.get('NextToken') ?? 0), Number(form.get('MaxResults') ?? 1000)];
    const page = found.slice(from, from + most);
    const items = page.map(
      ({ one, state }) => `<instancesSet>${itemsOf([this.#xml(one, state)])}</instancesSet>`,
    );
    const next = from + most < found.length ? `<nextToken>${from + most}</nextToken>` : '';
    return `<reservationSet>${itemsOf(items)}</reservationSet>${next}`;
  }

  #change(form: Form, change: (instance: Instance) => void): string {
    const instances = listOf(form, 'InstanceId').map((id) => this.#find(id));
    const items = instances.map((instance) => {
      change(instance);
      return xmlOf({ instanceId: instance.id, currentState: stateXml(stateOf(instance)) });
    });
    return `<instancesSet>${itemsOf(items)}</instancesSet>`;
  }

  #start(instance: Instance): void {
    const state = instance.history.length === 0 ? 'stopped' : stateOf(instance);
    if (state === 'running' || state === 'pending') return;
    if (state !== 'stopped') throw new QueryError(400, 'IncorrectInstanceState');
    this.#enter(instance, 'pending');
    this.#inTime(async () => {
      await sleep(this.#options.bootMs);
      if (stateOf(instance) !== 'pending') return;
      const { id: instanceId, privateIp, subnet, userData, disk, boots } = instance;
      const zone = this.#options.subnets[subnet] ?? '';
      const machine = await this.#options.boot({
        ...{ instanceId, privateIp, zone, disk },
        userData: boots ? userData : '#!/bin/sh\nexit 1\n',
      });
      instance.machine = machine;
      if (stateOf(instance) === 'pending') this.#enter(instance, 'running');
      else await machine.cutPower();
    });
  }

  #stop(instance: Instance): void {
    const state = stateOf(instance);
    if (state === 'stopped' || state === 'stopping') return;
    if (state !== 'running') throw new QueryError(400, 'IncorrectInstanceState');
    this.#enter(instance, 'stopping');
    this.#inTime(async () => {
      await instance.machine?.stop();
      if (stateOf(instance) === 'stopping') this.#enter(instance, 'stopped');
    });
  }

  #terminate(instance: Instance): void {
    if (instance.protected)
      throw new QueryError(400, 'OperationNotPermitted', 'it has termination protection');
    if (['shutting-down', 'terminated'].includes(stateOf(instance))) return;
    this.#enter(instance, 'shutting-down');
    this.#inTime(async () => {
      await instance.machine?.stop();
      this.#enter(instance, 'terminated');
    });
  }

  #modify(form: Form): string {
    const instance = this.#find(form.get('InstanceId') ?? '');
    const value = form.get('DisableApiTermination.Value');
    if (value === null) throw new QueryError(400, 'InvalidParameterCombination');
    instance.protected = value === 'true';
    return '<return>true</return>';
  }

  #createGroup(form: Form): string {
    const name = form.get('GroupName') ?? '';
    if ([...this.groups.values()].some((group) => group.name === name))
      throw new QueryError(400, 'InvalidGroup.Duplicate');
    const id = `sg-${randomBytes(8).toString('hex')}`;
    this.groups.set(id, { name, tags: tagsOf(form, 'security-group'), rules: 0 });
    return `<return>true</return><groupId>${id}</groupId>`;
  }

  #describeGroups(form: Form): string {
    const names = structsOf(form, 'Filter')
      .filter((filter) => filter.get('Name') === 'group-name')
      .flatMap((filter) => listOf(filter, 'Value'));
    const found = [...this.groups].filter(([, { name }]) => names.includes(name));
    return `<securityGroupInfo>${itemsOf(found.map(([groupId, { name: groupName }]) => xmlOf({ groupId, groupName })))}</securityGroupInfo>`;
  }

  #authorize(form: Form): string {
    const group = this.groups.get(form.get('GroupId') ?? '');
    if (!group) throw new QueryError(400, 'InvalidGroup.NotFound');
    if (group.rules > 0) throw new QueryError(400, 'InvalidPermission.Duplicate');
    group.rules += 1;
    return '<return>true</return>';
  }

  #createTemplate(form: Form): string {
    const name = form.get('LaunchTemplateName') ?? '';
    if (this.templates.has(name))
      throw new QueryError(400, 'InvalidLaunchTemplateName.AlreadyExistsException');
    this.templates.set(name, form);
    return `<launchTemplate>${xmlOf({ launchTemplateName: name })}</launchTemplate>`;
  }

  #describeTemplates(form: Form): string {
    const names = listOf(form, 'LaunchTemplateName');
    if (names.some((name) => !this.templates.has(name)))
      throw new QueryError(400, 'InvalidLaunchTemplateName.NotFoundException');
    return `<launchTemplates>${itemsOf(names.map((name) => xmlOf({ launchTemplateName: name })))}</launchTemplates>`;
  }

  #find(id: string): Instance {
    const instance = this.instances.get(id);
    if (!instance || this.#shown(instance) === undefined)
      throw new QueryError(400, 'InvalidInstanceID.NotFound');
    return instance;
  }

  /** What a Describe says of it: what was true some time ago. */
  #shown(instance: Instance): State | undefined {
    const past = performance.now() - this.#options.visibleMs;
    return instance.history.findLast(({ at }) => at <= past)?.state;
  }

  #enter(instance: Instance, state: State): void {
    instance.history.push({ at: performance.now(), state });
  }

  #inTime(work: () => Promise<void>): void {
    const running = work().finally(() => this.#changing.delete(running));
    this.#changing.add(running);
  }

  #xml(one: Instance, state: State): string {
    return xmlOf({
      instanceId: one.id,
      instanceState: stateXml(state),
      privateIpAddress: state === 'terminated' ? undefined : one.privateIp,
      clientToken: one.token,
      instanceType: one.type,
      subnetId: one.subnet,
      launchTime: new Date(Date.now() - (performance.now() - (one.history[0]?.at ?? 0))).toISOString(),
      placement: xmlOf({ availabilityZone: this.#options.subnets[one.subnet] }),
      tagSet: itemsOf([...one.tags].map(([key, value]) => xmlOf({ key, value }))),
    });
  }
}

export const stateOf = (instance: Instance): State => instance.history.at(-1)?.state ?? 'pending';

const stateXml = (state: State) => xmlOf({ code: String(CODES[state]), name: state });

function attributeOf(instance: Instance, state: State, name: string): string {
  if (name.startsWith('tag:')) return instance.tags.get(name.slice('tag:'.length)) ?? '';
  if (name === 'instance-state-name') return state;
  if (name === 'client-token') return instance.token;
  throw new QueryError(400, 'InvalidParameterValue', `there is no filter ${name} here`);
}

function tagsOf(form: Form, resource: string): Map<string, string> {
  const given = structsOf(form, 'TagSpecification').find((one) => one.get('ResourceType') === resource);
  const tags = given ? structsOf(given, 'Tag') : [];
  return new Map(tags.map((tag) => [tag.get('Key') ?? '', tag.get('Value') ?? '']));
}

/** Of everything that a repeated call must not change. */
function hashOf(form: Form): string {
  const fields = [...form].filter(([name]) => name !== 'Action' && name !== 'Version').sort();
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/** Each instance has a loopback address of its own, so that all of them may listen on the same port. */
function nextAddress(): string {
  addresses = (addresses + 1) % 60_000;
  return `127.77.${1 + Math.floor(addresses / 250)}.${1 + (addresses % 250)}`;
}
