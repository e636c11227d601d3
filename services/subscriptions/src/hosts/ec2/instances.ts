import { setTimeout as sleep } from 'node:timers/promises';
import {
  type EC2Client,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { HostError } from '../host.ts';
import { codeOf, isNotFound } from './cloud-error.ts';
import type { Fleet, InstanceState } from './fleet.ts';

/** How long a call waits until EC2 shows what it asked for; the next one goes on waiting. */
const SHOWN_MS = 20_000;
const LONGEST_PAUSE_MS = 2000;

/** What is done to instances that exist. Rejects with the errors of AWS, or `retry` where it takes longer. */
export class Instances {
  readonly #ec2: EC2Client;
  readonly #fleet: Fleet;
  readonly #pauseMs: number;

  constructor(ec2: EC2Client, fleet: Fleet, lookSeconds: number) {
    this.#ec2 = ec2;
    this.#fleet = fleet;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, lookSeconds * 1000);
  }

  async start(instanceId: string): Promise<void> {
    await this.#ec2.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
  }

  /** Returns when it is under way. */
  async stop(instanceId: string): Promise<void> {
    await this.#ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
  }

  /** From now on it holds data: a terminate by mistake, or by a control plane that is out of date, is refused. */
  protect(instanceId: string): Promise<void> {
    return this.#setProtection(instanceId, true);
  }

  async #setProtection(InstanceId: string, Value: boolean): Promise<void> {
    await this.#ec2.send(
      new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value } }),
    );
  }

  /** Of one without data. An unknown one is none. */
  async terminate(instanceId: string): Promise<void> {
    const command = new TerminateInstancesCommand({ InstanceIds: [instanceId] });
    await this.#ec2.send(command).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  /** Of one with data, which its owner gives up. */
  async terminateProtected(instanceId: string): Promise<void> {
    try {
      await this.#setProtection(instanceId, false);
    } catch (error) {
      // what is gone can no longer be changed
      if (!isNotFound(error) && codeOf(error) !== 'IncorrectInstanceState') throw error;
    }
    await this.terminate(instanceId);
  }

  /** Resolves when EC2 shows all of them in one of these states. */
  async shown(instanceIds: readonly string[], states: readonly InstanceState[]): Promise<void> {
    const deadline = performance.now() + SHOWN_MS;
    for (;;) {
      await this.#fleet.look();
      const left = instanceIds.filter((id) => {
        const state = this.#fleet.get(id)?.state;
        return state === undefined || !states.includes(state);
      });
      if (left.length === 0) return;
      if (performance.now() > deadline) throw new HostError('retry', `its instance is not yet ${states[0]}`);
      await sleep(this.#pauseMs);
    }
  }
}
