import { storagePlace } from '@ptsdly/contract';
import { z } from 'zod';
import { HostError, type HostNotes, type ServerSpec } from '../host.ts';

const spec = z.object({
  serverId: z.string(),
  ownerId: z.string(),
  generation: z.int(),
  slug: z.string(),
  quotaBytes: z.number(),
  storage: storagePlace.optional(),
  database: z.enum(['file', 'schema']).optional(),
});

const ec2Note = z.object({
  /** Null once the server is destroyed; the rest stays, so that no number of a launch is used twice. */
  spec: spec.nullable(),
  wanted: z.enum(['running', 'asleep', 'gone']),
  /** Counts the instances that were asked for; part of the ClientToken. */
  launch: z.int(),
  /** Of the settings; the repeated call must ask for the same. */
  type: z.string(),
  subnet: z.string(),
  /** When the instance was asked for or started (ms since 1970): its deadline counts from here. Null: it was not. */
  startedAt: z.number().nullable(),
  instanceId: z.string().nullable(),
  /** SHA-256 of what the instance showed with its boot token, which is good for nobody else from then on. */
  redeemedBy: z.string().nullable(),
  /** It has answered once, so there is data on its disk: it is never replaced, only started again. */
  booted: z.boolean(),
  /** Instances or starts in a row that came to nothing. */
  failures: z.int(),
});

/** What is remembered of a server that EC2 cannot tell. */
export type Ec2Note = z.infer<typeof ec2Note> & { readonly spec: ServerSpec | null };

const blank: Ec2Note = {
  ...{ spec: null, wanted: 'gone', launch: 0, type: '', subnet: '', startedAt: null },
  ...{ instanceId: null, redeemedBy: null, booted: false, failures: 0 },
};

export interface Kept {
  readonly serverId: string;
  readonly note: Ec2Note;
  readonly version: number;
}

/** The notes of all servers; several control planes may write them, and the later one is told. */
export class Ec2Notes {
  readonly #notes: HostNotes;

  constructor(notes: HostNotes) {
    this.#notes = notes;
  }

  async of(serverId: string): Promise<Kept> {
    const found = await this.#notes.read(serverId);
    return found ? read(serverId, found) : { serverId, note: blank, version: 0 };
  }

  async all(): Promise<Kept[]> {
    return (await this.#notes.list()).map((found) => read(found.serverId, found));
  }

  /** Rejects with `retry` when somebody else has written since. */
  async change(kept: Kept, changes: Partial<Ec2Note>): Promise<Kept> {
    const note = { ...kept.note, ...changes };
    const written = await this.#notes.write(kept.serverId, JSON.stringify(note), kept.version);
    if (!written) throw new HostError('retry', 'another control plane is at work on this server');
    return { ...kept, note, version: kept.version + 1 };
  }
}

function read(serverId: string, { content, version }: { content: string; version: number }): Kept {
  return { serverId, note: ec2Note.parse(JSON.parse(content)) as Ec2Note, version };
}
