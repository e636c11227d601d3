import { type Logger, Rounds } from '@ptsdly/kit';
import type { Turns } from '../turns.ts';
import { codeOf } from './cloud-error.ts';
import type { Fleet, Seen } from './fleet.ts';
import { healthAt } from './health.ts';
import type { Instances } from './instances.ts';
import type { Ec2Notes, Kept } from './note.ts';
import { addressOf, isLost, MOST_FAILURES } from './observation.ts';
import type { Ec2Settings } from './settings.ts';

export interface KeeperOptions {
  readonly fleet: Fleet;
  readonly notes: Ec2Notes;
  readonly instances: Instances;
  readonly settings: Pick<Ec2Settings, 'bootSeconds' | 'lookSeconds'>;
  readonly turns: Turns;
  readonly changed: (serverId: string) => void;
  readonly log: Logger;
}

/** How often a server that answered is asked again. */
const HEALTHY_MS = 30_000;
/** Looks that must show an instance that nobody knows before it is ended. */
const SURPLUS_LOOKS = 3;
const AT_ONCE = 16;

/** Looks at all instances again and again: asks those that run for their health, and does what keeps them running. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #answers = new Map<string, { readonly generation: number; readonly at: number }>();
  /** When each was last known to be well, or was first asked. */
  readonly #heard = new Map<string, number>();
  readonly #surplus = new Map<string, number>();
  readonly #rounds: Rounds;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#rounds = new Rounds({
      everyMs: options.settings.lookSeconds * 1000,
      once: () => this.once(),
      failed: (err) => options.log.warn({ err }, 'EC2 could not be looked at; it is tried again'),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  close(): Promise<void> {
    return this.#rounds.close();
  }

  /** Looks soon. */
  hurry(): void {
    this.#rounds.hurry();
  }

  /** The generation that answered last. */
  answers(serverId: string): number | undefined {
    return this.#answers.get(serverId)?.generation;
  }

  /** Whatever answered is being stopped or replaced. */
  forget(serverId: string): void {
    if (this.#answers.delete(serverId)) this.#options.changed(serverId);
  }

  /** One look at everything. The cloud first: what is then in no note is really unknown. */
  async once(): Promise<void> {
    const { fleet, notes } = this.#options;
    await fleet.look();
    const all = await notes.all();
    const queue = all.values();
    const lane = async () => {
      for (const kept of queue) await this.#tendInTurn(kept);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    await this.#endSurplus(all);
  }

  /** A server somebody is at work on is left alone until the next look. */
  async #tendInTurn(kept: Kept): Promise<void> {
    const { turns, log } = this.#options;
    const { serverId } = kept;
    if (turns.isTaken(serverId) || this.#rounds.signal.aborted) return;
    await turns
      .take(serverId, () => this.#tend(kept))
      .catch((err: unknown) => log.warn({ err, serverId }, 'an instance could not be kept running'));
  }

  async #tend(kept: Kept): Promise<void> {
    const { fleet, instances, log } = this.#options;
    const { serverId, note } = kept;
    if (note.spec && note.wanted === 'asleep') return this.#finishSleep(kept);
    if (!note.spec || note.wanted !== 'running' || note.instanceId === null) return this.forget(serverId);
    if (note.failures >= MOST_FAILURES) return this.forget(serverId);
    const seen = fleet.get(note.instanceId);
    if (seen?.state !== 'running') this.forget(serverId);
    if (isLost(kept, seen)) {
      return log.error(
        { serverId, instanceId: note.instanceId },
        'an instance with data was terminated from outside',
      );
    }
    switch (seen?.state) {
      case 'stopped':
        await this.#options.notes.change(kept, { startedAt: Date.now() });
        return instances.start(seen.instanceId);
      case 'terminated':
      case 'shutting-down':
        return this.#replace(kept);
      case 'running':
        if (await this.#isWell(kept, seen)) return;
    }
    if (seen?.state !== 'stopping' && this.#isOverdue(kept)) await this.#giveUp(kept);
  }

  /** Who wanted it to sleep may have died before it was stopped. The note must still say so. */
  async #finishSleep(kept: Kept): Promise<void> {
    const { fleet, notes, instances } = this.#options;
    const { instanceId } = kept.note;
    this.forget(kept.serverId);
    if (instanceId === null || fleet.get(instanceId)?.state !== 'running') return;
    await notes.change(kept, { wanted: 'asleep' });
    await instances.stop(instanceId);
  }

  async #isWell(kept: Kept, seen: Seen): Promise<boolean> {
    const { serverId, note } = kept;
    const before = this.#answers.get(serverId);
    const asked = note.spec?.generation;
    if (before?.generation === asked && before && performance.now() - before.at < HEALTHY_MS) return true;
    const health = await healthAt(addressOf(seen));
    if (health?.serverId !== serverId) {
      this.forget(serverId);
      return false;
    }
    await this.#hasBooted(kept, seen);
    this.#answers.set(serverId, { generation: health.generation, at: performance.now() });
    this.#heard.set(serverId, Date.now());
    if (before?.generation !== health.generation) this.#options.changed(serverId);
    return health.generation === asked;
  }

  /** The protection first: a note that says that there is data must never stand alone. */
  async #hasBooted(kept: Kept, { instanceId }: Seen): Promise<void> {
    const { instances, notes } = this.#options;
    if (!kept.note.booted) await instances.protect(instanceId);
    if (!kept.note.booted || kept.note.failures > 0) await notes.change(kept, { booted: true, failures: 0 });
  }

  #isOverdue({ serverId, note }: Kept): boolean {
    if (!this.#heard.has(serverId)) this.#heard.set(serverId, note.startedAt ?? Date.now());
    const since = Math.max(note.startedAt ?? 0, this.#heard.get(serverId) ?? 0);
    return Date.now() - since > this.#options.settings.bootSeconds * 1000;
  }

  /** One that never answered is replaced; one with data is stopped, which moves it to other hardware. */
  async #giveUp(kept: Kept): Promise<void> {
    const { notes, instances, log, changed } = this.#options;
    const { serverId, note } = kept;
    if (!note.booted) return this.#replace(kept);
    log.error(
      { serverId, instanceId: note.instanceId },
      'a media server does not answer; its instance is restarted',
    );
    await notes.change(kept, { startedAt: Date.now(), failures: note.failures + 1 });
    if (note.instanceId) await instances.stop(note.instanceId);
    changed(serverId);
  }

  async #replace(kept: Kept): Promise<void> {
    const { notes, instances, log, changed } = this.#options;
    const { serverId, note } = kept;
    const failures = note.failures + 1;
    log.error({ serverId, instanceId: note.instanceId, failures }, 'an instance did not come up');
    await notes.change(kept, { instanceId: null, startedAt: null, redeemedBy: null, failures });
    if (note.instanceId) await instances.terminate(note.instanceId);
    changed(serverId);
  }

  /**
   * Ends instances that their server has left behind: of a reply that was lost, or of a control plane that was out
   * of date. They hold no data, and were seen several times. Those of which there is no note at all are orphans,
   * which are for the sweep.
   */
  async #endSurplus(all: readonly Kept[]): Promise<void> {
    const { fleet, log } = this.#options;
    const notes = new Map(all.map(({ serverId, note }) => [serverId, note]));
    const surplus = fleet.alive().filter(({ serverId, launch, instanceId }) => {
      const note = notes.get(serverId);
      if (!note || note.instanceId === instanceId || this.#options.turns.isTaken(serverId)) return false;
      const underWay = note.instanceId === null && note.startedAt !== null && note.launch === launch;
      return !underWay;
    });
    const ids = new Set(surplus.map(({ instanceId }) => instanceId));
    for (const id of this.#surplus.keys()) if (!ids.has(id)) this.#surplus.delete(id);
    for (const { instanceId, serverId } of surplus) {
      const looks = (this.#surplus.get(instanceId) ?? 0) + 1;
      this.#surplus.set(instanceId, looks);
      if (looks < SURPLUS_LOOKS) continue;
      log.warn({ instanceId, serverId }, 'ending an instance that its server has left behind');
      await this.#options.instances.terminate(instanceId).catch((err: unknown) => {
        log.error({ err, instanceId, code: codeOf(err) }, 'an instance that nobody uses could not be ended');
      });
    }
  }
}
