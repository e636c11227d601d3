import { createHash } from 'node:crypto';
import {
  type Boot,
  type Host,
  HostError,
  type HostOptions,
  type Observed,
  type ServerSpec,
} from '../host.ts';
import { Turns } from '../turns.ts';
import { type Aws, openAws } from './aws.ts';
import { BootDesk } from './boot-desk.ts';
import { Buckets } from './buckets.ts';
import { codeOf, hostErrorOf, isQuota, isUnfulfillable } from './cloud-error.ts';
import { Fleet } from './fleet.ts';
import { Instances } from './instances.ts';
import { Keeper } from './keeper.ts';
import { Launches, MEDIA_PORT } from './launches.ts';
import { lendKeys } from './lent-keys.ts';
import { Ec2Notes, type Kept } from './note.ts';
import { MOST_FAILURES, observedOf } from './observation.ts';
import { Offerings } from './offerings.ts';
import { type Ec2Settings, readEc2Settings } from './settings.ts';
import { INSTALLATION_TAG } from './tags.ts';
import { userData } from './user-data.ts';

const FIRST_LOOK_MS = 5000;
/** EC2 shows what exists within minutes, and what was terminated for an hour. */
const UNSEEN_MS = 900_000;

/**
 * `ec2:<region>?…`: each media server is an EC2 instance with a private bucket. Instances outlive control planes, of
 * which several may run: what they must agree on stands in notes, and every call may be repeated.
 */
export async function openEc2Host(location: string, options: HostOptions): Promise<Host> {
  const settings = readEc2Settings(location);
  return composeEc2Host(settings, openAws(settings, options.cloudKeys), options);
}

export async function composeEc2Host(settings: Ec2Settings, aws: Aws, options: HostOptions): Promise<Host> {
  const { notes, remoteControl } = options;
  if (!notes || !remoteControl) {
    throw new HostError(
      'stop',
      'ec2: needs an address at which instances reach the control plane (PTSDLY_CONTROL_URL)',
    );
  }
  const host = new Ec2Host(settings, aws, {
    ...options,
    notes,
    remoteControl,
  });
  await host.open();
  return host;
}

type Options = HostOptions & Required<Pick<HostOptions, 'notes' | 'remoteControl'>>;

class Ec2Host implements Host {
  readonly boot: Boot;
  readonly #aws: Aws;
  readonly #options: Options;
  readonly #notes: Ec2Notes;
  readonly #fleet: Fleet;
  readonly #instances: Instances;
  readonly #launches: Launches;
  readonly #offerings: Offerings;
  readonly #buckets: Buckets;
  readonly #keeper: Keeper;
  readonly #desk: BootDesk;
  readonly #turns = new Turns();
  /** Known to this installation alone, and always the same for it. */
  readonly #installation: string;
  #closing = false;

  constructor(settings: Ec2Settings, aws: Aws, options: Options) {
    const { remoteControl, changed, log } = options;
    const { ec2, s3, sts } = aws;
    this.#aws = aws;
    this.#options = options;
    this.#installation = this.#derive('installation').slice(0, 8);
    this.#notes = new Ec2Notes(options.notes);
    this.#fleet = new Fleet(ec2, this.#installation);
    this.#instances = new Instances(ec2, this.#fleet, settings.lookSeconds);
    this.#launches = new Launches(ec2, settings, this.#installation);
    this.#offerings = new Offerings(settings.offerings);
    this.#buckets = new Buckets({ s3, settings, tags: { [INSTALLATION_TAG]: this.#installation } });
    const { fleet, notes, instances, turns } = {
      ...{ fleet: this.#fleet, notes: this.#notes },
      ...{ instances: this.#instances, turns: this.#turns },
    };
    this.#keeper = new Keeper({ fleet, notes, instances, settings, turns, changed, log });
    this.#desk = new BootDesk({
      ...{ host: options, notes, fleet, controlUrl: remoteControl.address },
      tokenOf: (id) => remoteControl.token(id),
      bootTokenOf: (id, launch) => remoteControl.token(`boot:${id}:${launch}`),
      storageUrlOf: (id) => this.#buckets.urlOf(this.#bucketOf(id)),
      lendKeys: (id) => this.#lendKeys(sts, settings.role, id),
      isUp: () => this.#keeper.hurry(),
      renews: (id) => this.#keeper.forget(id),
    });
    this.boot = this.#desk;
  }

  /** Looks once, so that what runs is not mistaken for what starts; without EC2 it goes on and looks later. */
  async open(): Promise<void> {
    const { log } = this.#options;
    await this.#forgive();
    const late = AbortSignal.timeout(FIRST_LOOK_MS);
    const looked = this.#keeper.once();
    const given = new Promise<never>((_, reject) => {
      late.addEventListener('abort', () => reject(late.reason), { once: true });
    });
    await Promise.race([looked, given]).catch((err: unknown) => {
      log.error({ err }, 'EC2 does not answer; servers that run go on');
    });
    looked.catch(() => undefined);
    this.#keeper.start();
    void this.#tellOfBuckets();
  }

  /** What has failed is tried anew: somebody may have mended what was wrong. */
  async #forgive(): Promise<void> {
    for (const kept of await this.#notes.all()) {
      if (kept.note.failures < MOST_FAILURES) continue;
      await this.#notes.change(kept, { failures: 0 }).catch(() => undefined); // another one does it
    }
  }

  ensure(spec: ServerSpec): Promise<void> {
    const { serverId, generation } = spec;
    return this.#inTurn(serverId, async () => {
      let kept = await this.#notes.of(serverId);
      const { note } = kept;
      if (note.spec && note.spec.generation > generation) {
        throw new HostError('stop', `generation ${generation} is out of date`);
      }
      const isNew = note.spec?.generation !== generation || note.wanted === 'gone';
      if (isNew || note.wanted !== 'running') {
        kept = await this.#notes.change(kept, { spec, wanted: 'running', ...(isNew && { failures: 0 }) });
      }
      await this.#buckets.ensure(this.#bucketOf(serverId), serverId);
      await this.#bringUp(kept);
      this.#desk.ring();
      this.#keeper.hurry();
    });
  }

  async observe(serverId: string): Promise<Observed | null> {
    const kept = await this.#notes.of(serverId);
    const { instanceId } = kept.note;
    if (kept.note.spec && !this.#fleet.known) throw new HostError('retry', 'EC2 does not answer');
    const seen = instanceId ? this.#fleet.get(instanceId) : undefined;
    return observedOf(kept, seen, this.#keeper.answers(serverId));
  }

  sleep(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async () => {
      const kept = await this.#notes.of(serverId);
      const { spec, wanted } = kept.note;
      if (spec && wanted === 'running') await this.#notes.change(kept, { wanted: 'asleep' });
      this.#keeper.forget(serverId);
      const ids = await this.#idsOf(kept);
      await this.#instances.shown(ids, ['running', 'stopping', 'stopped', 'terminated']); // one that starts cannot stop
      const awake = ids.filter((id) => this.#fleet.get(id)?.state === 'running');
      for (const id of awake) await this.#instances.stop(id);
      await this.#instances.shown(ids, ['stopped', 'terminated']);
    });
  }

  wake(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async () => {
      const kept = await this.#notes.of(serverId);
      const { spec, instanceId, wanted } = kept.note;
      if (!spec || !instanceId || wanted === 'gone') {
        throw new HostError('retry', 'this server has no instance; it must be ensured first');
      }
      if (wanted === 'running' && this.#fleet.get(instanceId)?.state !== 'stopped') return;
      await this.#start(kept, instanceId);
    });
  }

  destroy(serverId: string): Promise<void> {
    return this.#inTurn(serverId, async () => {
      let kept = await this.#notes.of(serverId);
      if (kept.note.spec && kept.note.wanted !== 'gone') {
        kept = await this.#notes.change(kept, { wanted: 'gone', booted: false });
      }
      this.#keeper.forget(serverId);
      const ids = await this.#idsOf(kept);
      for (const id of ids) await this.#instances.terminateProtected(id);
      await this.#instances.shown(ids, ['terminated', 'shutting-down']);
      if (kept.note.spec || ids.length > 0) await this.#buckets.remove(this.#bucketOf(serverId));
      await this.#options.databases?.drop(serverId);
      const gone = { spec: null, instanceId: null, startedAt: null, redeemedBy: null, failures: 0 };
      if (kept.note.spec) await this.#notes.change(kept, gone);
      this.#desk.ring();
    });
  }

  async list(): Promise<Observed[]> {
    await this.#fleet.look().catch((error: unknown) => {
      throw hostErrorOf(error);
    });
    const notes = await this.#notes.all();
    const observed = notes.map((kept) => {
      const { instanceId } = kept.note;
      const seen = instanceId ? this.#fleet.get(instanceId) : undefined;
      return observedOf(kept, seen, this.#keeper.answers(kept.serverId));
    });
    const known = new Set(notes.map(({ serverId }) => serverId));
    const strangers = this.#fleet.alive().filter(({ serverId }) => !known.has(serverId));
    const unknown = strangers.map(({ serverId, state }): Observed => {
      const standing = state === 'stopped' ? 'stopped' : 'starting';
      return { serverId, generation: 0, state: standing, address: null, detail: null };
    });
    return [...observed, ...unknown].filter((server) => server !== null);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#desk.close();
    await this.#keeper.close();
    await this.#turns.settled();
    this.#aws.close();
  }

  /** Asks for an instance, or starts the one that there is. What starts already is left to the keeper. */
  async #bringUp(kept: Kept): Promise<void> {
    const { instanceId, booted } = kept.note;
    if (instanceId === null) return this.#launch(kept);
    const seen = this.#fleet.get(instanceId);
    if (seen?.state === 'stopped') return this.#start(kept, instanceId);
    const ended = seen?.state === 'terminated' || seen?.state === 'shutting-down';
    if (!ended || booted) return;
    const blank = { instanceId: null, startedAt: null, redeemedBy: null };
    return this.#launch(await this.#notes.change(kept, blank));
  }

  async #start(kept: Kept, instanceId: string): Promise<void> {
    await this.#notes.change(kept, { wanted: 'running', startedAt: Date.now() });
    await this.#instances.start(instanceId);
    this.#keeper.hurry();
  }

  /**
   * What is asked for is noted first, so that after any crash the same is asked for again and is the same instance.
   * Where there is no room the next kind is tried, under another number.
   */
  async #launch(kept: Kept): Promise<void> {
    for (let current = kept; ; ) {
      if (current.note.startedAt === null) current = await this.#plan(current);
      const { launch, type, subnet } = current.note;
      const { serverId } = current;
      try {
        const instanceId = await this.#launches.run({
          ...{ serverId, launch, type, subnet },
          userData: this.#userDataOf(serverId, launch),
        });
        return await this.#launched(current, instanceId);
      } catch (error) {
        if (isUnfulfillable(error)) this.#offerings.ranOut({ type, subnet });
        else if (codeOf(error) !== 'IdempotentParameterMismatch') throw error;
        current = await this.#notes.change(current, { startedAt: null });
      }
    }
  }

  /** The instance may have come in before the answer that names it. */
  async #launched(kept: Kept, instanceId: string): Promise<void> {
    const { note } = await this.#notes.of(kept.serverId);
    if (note.launch === kept.note.launch && note.instanceId === instanceId) return;
    await this.#notes.change(kept, { instanceId });
  }

  #plan(kept: Kept): Promise<Kept> {
    const offering = this.#offerings.next();
    const launch = kept.note.launch + 1;
    return this.#notes.change(kept, {
      ...offering,
      launch,
      startedAt: Date.now(),
      redeemedBy: null,
      booted: false,
    });
  }

  #userDataOf(serverId: string, launch: number): string {
    const { address: controlUrl, token } = this.#options.remoteControl;
    return userData({
      controlUrl,
      serverId,
      launch,
      token: token(`boot:${serverId}:${launch}`),
      port: MEDIA_PORT,
    });
  }

  /** Of all its instances that are not gone: the one of its note, and others that a look shows. */
  async #idsOf({ serverId, note }: Kept): Promise<string[]> {
    if (note.instanceId === null) await this.#fleet.look();
    const ids = this.#fleet.alive(serverId).map(({ instanceId }) => instanceId);
    const own = note.instanceId;
    if (own === null || ids.includes(own)) return ids;
    const state = this.#fleet.get(own)?.state;
    const isGone = state === undefined && Date.now() - (note.startedAt ?? 0) > UNSEEN_MS;
    return isGone || state === 'terminated' || state === 'shutting-down' ? ids : [own, ...ids];
  }

  async #lendKeys(sts: Aws['sts'], role: string, serverId: string) {
    const { note } = await this.#notes.of(serverId);
    if (!note.spec || note.wanted === 'gone') throw new HostError('stop', 'this server is gone');
    return lendKeys(sts, role, serverId, { bucket: this.#bucketOf(serverId) });
  }

  /** A bucket that no server has is told of and never removed: there may be somebody's videos in it. */
  async #tellOfBuckets(): Promise<void> {
    const { log } = this.#options;
    try {
      const named = await this.#buckets.named(this.#bucketPrefix);
      const notes = await this.#notes.all();
      const known = new Set(
        notes.flatMap(({ serverId, note }) => (note.spec ? [this.#bucketOf(serverId)] : [])),
      );
      for (const bucket of named) {
        if (!known.has(bucket))
          log.warn({ bucket }, 'a bucket belongs to no server; nothing is done with it');
      }
    } catch (err) {
      log.warn({ err }, 'buckets could not be listed');
    }
  }

  get #bucketPrefix(): string {
    return `ptsdly-${this.#installation}-`;
  }

  /** A name that nobody can guess, and take, before it is ours or after it was. */
  #bucketOf(serverId: string): string {
    return `${this.#bucketPrefix}${this.#derive(`bucket:${serverId}`).slice(0, 20)}`;
  }

  #derive(label: string): string {
    return createHash('sha256').update(this.#options.remoteControl.token(label)).digest('hex');
  }

  async #inTurn<T>(serverId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.take(serverId, async () => {
        if (this.#closing) throw new HostError('retry', 'the host is closing');
        return work();
      });
    } catch (error) {
      if (isQuota(error)) this.#options.log.error({ err: error }, 'the cloud account allows no more servers');
      throw hostErrorOf(error);
    }
  }
}
