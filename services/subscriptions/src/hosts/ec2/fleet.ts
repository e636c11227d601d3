import { DescribeInstancesCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { INSTALLATION_TAG, LAUNCH_TAG, SERVER_TAG } from './tags.ts';

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

/** An instance as EC2 showed it at the last look. */
export interface Seen {
  readonly instanceId: string;
  readonly serverId: string;
  readonly launch: number;
  readonly state: InstanceState;
  readonly privateIp: string | undefined;
}

const PAGE = 1000;

/**
 * All instances of this installation, by one Describe for all servers. What is not in it may still be there: EC2
 * shows late, so that an absence proves nothing.
 */
export class Fleet {
  readonly #ec2: EC2Client;
  readonly #installation: string;
  #seen: ReadonlyMap<string, Seen> = new Map();
  #looking: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #looked = false;

  constructor(ec2: EC2Client, installation: string) {
    this.#ec2 = ec2;
    this.#installation = installation;
  }

  /** False until EC2 has answered once: then nothing is known. */
  get known(): boolean {
    return this.#looked;
  }

  get(instanceId: string): Seen | undefined {
    return this.#seen.get(instanceId);
  }

  /** Those that are not on their way out or gone. */
  alive(serverId?: string): Seen[] {
    return [...this.#seen.values()].filter(
      (seen) => isAlive(seen) && (serverId === undefined || seen.serverId === serverId),
    );
  }

  /** A look that begins after the call; several callers share it. */
  look(): Promise<void> {
    if (!this.#looking) return this.#begin();
    this.#next ??= this.#looking
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#begin();
      });
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#looking = this.#describe().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #describe(): Promise<void> {
    const seen = new Map<string, Seen>();
    const Filters = [{ Name: `tag:${INSTALLATION_TAG}`, Values: [this.#installation] }];
    for (let NextToken: string | undefined; ; ) {
      const page = await this.#ec2.send(
        new DescribeInstancesCommand({ Filters, MaxResults: PAGE, NextToken }),
      );
      for (const instance of (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances)) {
        const one = read(instance);
        if (one) seen.set(one.instanceId, one);
      }
      NextToken = page.NextToken;
      if (!NextToken) break;
    }
    this.#seen = seen;
    this.#looked = true;
  }
}

const isAlive = ({ state }: Seen) => state !== 'shutting-down' && state !== 'terminated';

function read({ InstanceId, State, PrivateIpAddress, Tags = [] }: Instance): Seen | undefined {
  const tags = new Map(Tags.map(({ Key, Value }) => [Key, Value]));
  const serverId = tags.get(SERVER_TAG);
  if (!InstanceId || !serverId) return undefined;
  return {
    instanceId: InstanceId,
    serverId,
    launch: Number(tags.get(LAUNCH_TAG) ?? 0),
    state: (State?.Name ?? 'pending') as InstanceState,
    privateIp: PrivateIpAddress,
  };
}
