import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Problem } from '@ptsdly/contract';
import { bearer, type Listener, listen, silentLog } from '@ptsdly/kit';
import type { HostFixture } from '../../hosts/conformance.ts';
import type { Host, HostNote, HostNotes, HostOptions } from '../../hosts/host.ts';
import { openHost } from '../../hosts/open-host.ts';
import { Cloud, type CloudOptions } from './cloud.ts';
import { BucketApi, openStsApi } from './storage-api.ts';

export { bootQuickMachine } from './quick-machine.ts';
export { Cloud };

/** The stand-in media server that instances fetch, as a command. */
export const mediaCommand = [
  process.execPath,
  fileURLToPath(new URL('./stand-in/media.mjs', import.meta.url)),
];

export const ACCOUNT = '123456789012';
const keys = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };

/** Everything of AWS that a host needs, on loopback. */
export class TestAws {
  readonly cloud: Cloud;
  readonly s3: BucketApi;
  readonly sts: Awaited<ReturnType<typeof openStsApi>>;

  private constructor(cloud: Cloud, s3: BucketApi, sts: Awaited<ReturnType<typeof openStsApi>>) {
    this.cloud = cloud;
    this.s3 = s3;
    this.sts = sts;
  }

  static async open(options: CloudOptions = {}): Promise<TestAws> {
    return new TestAws(await Cloud.open(options), await new BucketApi().listen(), await openStsApi());
  }

  /** The location behind `ec2:`. */
  location(more: Readonly<Record<string, string>> = {}): string {
    const settings = {
      ...{ image: 'ami-1', types: 't4g.small,t4g.medium', subnets: 'subnet-a,subnet-b', vpc: 'vpc-1' },
      ...{ role: `arn:aws:iam::${ACCOUNT}:role/media`, account: ACCOUNT, boot: '20', look: '0.05' },
      ...{ ec2: this.cloud.api.url, s3: this.s3.url, sts: this.sts.url, ...more },
    };
    return `us-east-1?${new URLSearchParams(settings)}`;
  }

  /** Instances of a server that have not been ended, whatever a Describe shows. */
  of(serverId: string) {
    return this.cloud.alive().filter(({ tags }) => tags.get('ptsdly:server') === serverId);
  }

  async close(): Promise<void> {
    await this.cloud.close();
    await this.s3.close();
    await this.sts.close();
  }
}

/** Notes that several control planes share. */
export function memoryNotes(): HostNotes {
  const kept = new Map<string, HostNote>();
  return {
    read: async (serverId) => kept.get(serverId),
    async write(serverId, content, version) {
      if ((kept.get(serverId)?.version ?? 0) !== version) return false;
      kept.set(serverId, { serverId, content, version: version + 1 });
      return true;
    },
    list: async () => [...kept.values()],
  };
}

const tokenOf = (id: string) => `${id}.${createHmac('sha256', 'a test key').update(id).digest('base64url')}`;

/** The door of a control plane for its instances, which stands open while control planes come and go. */
export class TestGate {
  readonly #listener: Listener;
  #host: Host | undefined;
  #change = new AbortController();

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  static async open(): Promise<TestGate> {
    let gate: TestGate | undefined;
    const fetch = async (request: Request) =>
      (await gate?.answer(request)) ?? new Response(null, { status: 503 });
    gate = new TestGate(await listen({ fetch }, { port: 0, drainMs: 100 }));
    return gate;
  }

  get host(): Host | undefined {
    return this.#host;
  }

  /** Who comes next breaks the connections of who was there before, as the end of a process does. */
  set host(host: Host | undefined) {
    this.#change.abort();
    this.#change = new AbortController();
    this.#host = host;
  }

  async answer(asked: Request): Promise<Response> {
    const { url, method, headers } = asked;
    const signal = AbortSignal.any([asked.signal, this.#change.signal]);
    const body = method === 'GET' ? null : await asked.text();
    const request = new Request(url, { method, headers, body, signal });
    const token = bearer(request.headers) ?? '';
    const id = token.split('.')[0] ?? '';
    try {
      if (!this.host?.boot) return new Response(null, { status: 503 });
      const answer = this.host.boot.fetch(request, token === tokenOf(id) ? id : undefined);
      answer.catch(() => undefined); // nobody may be left to hear it
      return await Promise.race([answer, gone(this.#change.signal)]);
    } catch (error) {
      return Problem.from(error).toResponse('test');
    }
  }

  /** Options of a host whose instances come through this door. */
  options(notes: HostNotes, more: Partial<HostOptions> = {}): HostOptions {
    return {
      ...{ runFolder: '/nowhere', mediaCommand, mediaEnv: {}, notes, cloudKeys: keys, log: silentLog },
      remoteControl: { address: this.#listener.address, token: tokenOf },
      control: () => ({ fetch: async () => new Response('control'), close: () => undefined }),
      changed: () => undefined,
      ...more,
    };
  }

  close(): Promise<void> {
    return this.#listener.close();
  }
}

const gone = (signal: AbortSignal) =>
  new Promise<Response>((resolve) => {
    signal.addEventListener('abort', () => resolve(new Response(null, { status: 503 })), { once: true });
  });

/** A host on AWS of its own, as the conformance suite opens it. */
export async function openEc2Fixture(options: CloudOptions = {}): Promise<HostFixture> {
  const aws = await TestAws.open(options);
  const gate = await TestGate.open();
  const changed: string[] = [];
  const noted = gate.options(memoryNotes(), { changed: (id) => changed.push(id) });
  const host = await openHost(`ec2:${aws.location()}`, noted);
  gate.host = host;
  const running = (id: string) => aws.cloud.running().filter(({ tags }) => tags.get('ptsdly:server') === id);
  return {
    ...{ host, changed, outlives: true },
    instances: async (id) => running(id).length,
    crash: async (id) => {
      for (const instance of running(id)) await aws.cloud.breakDown(instance.id);
    },
    close: async () => {
      await host.close();
      await gate.close();
      await aws.close();
    },
  };
}
