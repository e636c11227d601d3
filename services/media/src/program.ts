import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { type MediaConfig, mediaConfig, type TranscodeLine, type TranscodeTask } from '@ptsdly/contract';
import { createLog, type Listener, type Logger, listen } from '@ptsdly/kit';
import { takeTurn } from './host/folder-turn.ts';
import { settle } from './host/host-transcoder.ts';
import { hostGone } from './host/host-watch.ts';
import { Standby } from './host/standby.ts';
import { type MediaService, openMedia } from './media.ts';
import type { Transcoder } from './transcoder.ts';

/** A server that is renewed leaves as the services do: what is on its way into it is answered. Shorter than its host waits. */
const LEAVING = { drainMs: 4000, keepsIdle: true };

/** Runs ffmpeg for this server alone (`lib/transcoder`), where its host does not. */
export interface OwnTranscoder {
  run(job: {
    readonly serverId: string;
    readonly folder: string;
    readonly task: TranscodeTask;
    readonly signal: AbortSignal;
  }): AsyncIterable<TranscodeLine>;
  close(): Promise<void>;
}

export interface Surroundings {
  readonly openTranscoder?: (config: MediaConfig, log: Logger) => Promise<OwnTranscoder>;
}

/**
 * One media server as a process: `media <config.json>`. Ends on SIGTERM, SIGINT, or when its host is gone; answers
 * what is open first.
 */
export async function run(
  configPath: string | undefined,
  workerUrl: URL,
  surroundings: Surroundings = {},
): Promise<void> {
  const config = readConfig(configPath);
  const log = createLog({ level: config.logLevel });
  const stop = Promise.race([stopSignal(), hostEnd(config)]);
  const open = () => openServer(config, workerUrl, surroundings, log);
  const { serverId, generation } = config;
  if (config.socketPath !== undefined) {
    const server = await open();
    const listener = await listen(server.media, { socketPath: config.socketPath, ...LEAVING });
    log.info({ serverId, generation }, 'media server is up');
    const reason = await stop;
    log.info({ reason }, 'media server stops');
    await server.end(listener);
  } else await standIn(config, open, stop, log);
}

/** Serves at once, and everything as soon as the server before this one has left their folder. */
async function standIn(
  { serverId, generation, folder, listen: where }: MediaConfig,
  open: () => Promise<Server>,
  stop: Promise<string>,
  log: Logger,
): Promise<void> {
  const standby = new Standby({ serverId, generation });
  const service = { raw: standby.raw, fetch: async () => new Response(null, { status: 404 }) };
  const listener = await listen(service, { ...where, ...LEAVING });
  const stopping = new AbortController();
  void stop.then(() => stopping.abort());
  log.info({ serverId, generation, address: listener.address }, 'media server stands by');
  const leave = await takeTurn(folder, stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  if (leave) {
    const server = await open();
    standby.become(server.media);
    log.info({ serverId, generation }, 'media server is up');
    const reason = await stop;
    log.info({ reason }, 'media server stops');
    await server.end(listener);
    leave();
  } else {
    standby.close();
    await listener.close();
  }
}

interface Server {
  readonly media: MediaService;
  /** Answers what is open, then closes everything. */
  end(listener: Listener): Promise<void>;
}

async function openServer(
  config: MediaConfig,
  workerUrl: URL,
  { openTranscoder }: Surroundings,
  log: Logger,
): Promise<Server> {
  const { transcoder: wanted, ...rest } = config;
  const own = wanted && (await openTranscoder?.(config, log));
  const media = await openMedia({
    ...{ ...rest, log, workerUrl },
    control: config.controlAddress,
    transcoder: own && transcoderOf(own, config),
    converts: true,
    processMetrics: true,
  });
  const end = async (listener: Listener) => {
    media.quiesce();
    await listener.close();
    await own?.close();
    await media.close();
  };
  return { media, end };
}

function transcoderOf(own: OwnTranscoder, { serverId, folder }: MediaConfig): Transcoder {
  const run: Transcoder['run'] = (task, options = {}) => {
    const signal = options.signal ?? new AbortController().signal;
    return settle(own.run({ serverId, folder, task, signal }), options);
  };
  return { run };
}

const purgeOrder = mediaConfig.pick({ storageUrl: true, storageKeys: true });

/** Removes all there is of a server in its remote storage; what and where comes as JSON on the standard input. */
export async function purge(): Promise<void> {
  const { storageUrl: url, storageKeys: keys } = purgeOrder.parse(JSON.parse(await text(process.stdin)));
  const { openRemote } = await import('./storage/open.ts');
  const storage = await openRemote(url, { keys, log: createLog({ level: 'warn' }) });
  await storage.abandon();
  for await (const name of storage.list()) await storage.remove(name);
  await storage.close();
}

/** Throws one plain sentence. */
function readConfig(path: string | undefined): MediaConfig {
  if (!path) throw new Error('usage: media <config.json>');
  const result = mediaConfig.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  const [issue] = result.error?.issues ?? [];
  if (!result.success) throw new Error(`${path}: ${issue?.path.join('.')}: ${issue?.message}`);
  const { socketPath, listen } = result.data;
  if ((socketPath === undefined) === (listen === undefined)) {
    throw new Error(`${path}: one of socketPath and listen must be given`);
  }
  return Object.freeze(result.data);
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}

/**
 * A host that keeps its servers over its own restarts says for how long; any other on this machine holds their
 * standard input. A server elsewhere is ended by who runs it there.
 */
function hostEnd({ hostlessSeconds, controlAddress }: MediaConfig): Promise<string> {
  if (hostlessSeconds !== undefined) return hostGone(controlAddress, hostlessSeconds);
  return new Promise((resolve) => {
    if (!controlAddress.startsWith('unix:')) return;
    for (const event of ['error', 'close', 'end'])
      process.stdin.once(event, () => resolve('the host is gone'));
    process.stdin.resume();
  });
}
