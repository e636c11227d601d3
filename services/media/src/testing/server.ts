import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient, type MediaConfig, mediaApi, type ProblemJson } from '@ptsdly/contract';
import { type Listener, listen, reach, silentLog } from '@ptsdly/kit';
import { type MediaService, openMedia } from '../media.ts';
import { createHost, type StandInHost } from './host.ts';

export const OWNER = 'owner-1';
export const SERVER = 'server-1';
export const BASE = '/m/myslug';

/** A media server on a real Unix socket, with its stand-in host. */
export interface Rig {
  readonly folder: string;
  readonly config: SocketConfig;
  readonly host: StandInHost;
  readonly media: MediaService;
  readonly socketPath: string;
  /** The owner's typed client. */
  readonly client: Client<typeof mediaApi>;
  /** Opens a request under the base path, signed by the owner unless `authorization` is given. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Like `call`, but hands out the answer while it is still coming. */
  open(method: string, path: string, options?: CallOptions): Promise<IncomingMessage>;
  /** `meanwhile` is done while nothing has the files open. */
  restart(meanwhile?: () => void): Promise<void>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
  /** Do not sign. */
  readonly open?: boolean;
  readonly token?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The problem in the body. */
  problem(): ProblemJson;
}

export type SocketConfig = MediaConfig & { readonly socketPath: string };

export async function createConfig(
  folder: string,
  change: Partial<SocketConfig> = {},
): Promise<SocketConfig> {
  return {
    serverId: SERVER,
    ownerId: OWNER,
    generation: 1,
    slug: 'myslug',
    basePath: BASE,
    folder,
    databaseUrl: `sqlite:${folder}/media.db`,
    storageUrl: `file:${folder}/objects`,
    socketPath: `${folder}/media.sock`,
    controlAddress: `unix:${folder}/control.sock`,
    quotaBytes: 500_000_000,
    logLevel: 'silent',
    ...change,
  };
}

export interface RigOptions {
  /** Make what browsers cannot play into what they can. */
  readonly converts?: boolean;
  /** The host's ffmpeg command; the machine's own when absent. */
  readonly ffmpeg?: string;
}

export async function openRig(change: Partial<SocketConfig> = {}, options: RigOptions = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'media-'));
  const config = await createConfig(folder, change);
  const host = await createHost({ serverId: SERVER, ownerId: OWNER, folder, ffmpeg: options.ffmpeg });
  const hostListener = await listen(host, { socketPath: join(folder, 'control.sock'), drainMs: 100 });
  let media: MediaService;
  let listener: Listener;
  const start = async () => {
    const { transcoder: _, ...rest } = config;
    media = await openMedia({
      ...{ ...rest, log: silentLog, control: config.controlAddress },
      converts: options.converts ?? false,
    });
    listener = await listen(media, { socketPath: config.socketPath, drainMs: 500 });
  };
  const stop = async () => {
    media.quiesce();
    await listener.close();
    await media.close();
  };
  await start();
  const { call, open } = caller(config.socketPath, () => host.token());
  return {
    ...{ folder, config, host, call, open },
    get media() {
      return media;
    },
    socketPath: config.socketPath,
    client: ownerClient(config.socketPath, host),
    async restart(meanwhile) {
      await stop();
      meanwhile?.();
      await start();
    },
    async close() {
      await stop();
      await host.close();
      await hostListener.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function ownerClient(socketPath: string, host: StandInHost): Client<typeof mediaApi> {
  const { fetch, baseUrl } = reach(`unix:${socketPath}`);
  const headers = async () => ({ authorization: `Bearer ${await host.token()}` });
  return createClient(mediaApi, { fetch, baseUrl: baseUrl + BASE, headers });
}

/** Plain HTTP on a socket, without a client's kindness. */
export function caller(socketPath: string, token: () => Promise<string>): Pick<Rig, 'call' | 'open'> {
  const open = async (method: string, path: string, options: CallOptions = {}) => {
    const headers: Record<string, string> = { ...options.headers };
    if (!options.open) headers.authorization = `Bearer ${options.token ?? (await token())}`;
    return new Promise<IncomingMessage>((resolve, reject) => {
      const full = /^\/(m\/|healthz|readyz|metrics)/.test(path) ? path : BASE + path;
      const request = httpRequest({ socketPath, method, path: full, headers, agent: false }, resolve);
      request.on('error', reject);
      request.end(options.body);
    });
  };
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Answer> => {
    const response = await open(method, path, options);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body,
      problem: () => JSON.parse(body.toString('utf8')) as ProblemJson,
    };
  };
  return { call, open };
}

/** Resolves when `check` gives something; fails after 30 s, or so many, for machines that have much else to do. */
export async function eventually<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 30,
) {
  for (const deadline = performance.now() + seconds * 1000; performance.now() < deadline; ) {
    const found = await check();
    if (found !== undefined && found !== false) return found as T;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it did not happen within ${seconds} seconds`);
}
