import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { type MediaConfig, mediaConfig } from '@ptsdly/contract';
import { createLog, listen } from '@ptsdly/kit';
import { hostGone } from './host/host-watch.ts';
import { openMedia } from './media.ts';

const DRAIN_MS = 5000;

/**
 * One media server as a process: `media <config.json>`. Ends on SIGTERM, SIGINT, or when its host is gone; answers
 * what is open first.
 */
export async function run(configPath: string | undefined, workerUrl: URL): Promise<void> {
  const config = readConfig(configPath);
  const log = createLog({ level: config.logLevel });
  const stop = Promise.race([stopSignal(), hostEnd(config)]);
  const media = await openMedia({
    ...{ ...config, log, workerUrl },
    control: config.controlAddress,
    converts: true,
    processMetrics: true,
  });
  const listener = await listen(media, { socketPath: config.socketPath, drainMs: DRAIN_MS });
  log.info({ serverId: config.serverId, generation: config.generation }, 'media server is up');
  const reason = await stop;
  log.info({ reason }, 'media server stops');
  media.quiesce();
  await listener.close();
  await media.close();
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
  if (result.success) return Object.freeze(result.data);
  const [issue] = result.error.issues;
  throw new Error(`${path}: ${issue?.path.join('.')}: ${issue?.message}`);
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}

/** A host that keeps its servers over its own restarts says for how long; any other holds their standard input. */
function hostEnd({ hostlessSeconds, controlAddress }: MediaConfig): Promise<string> {
  if (hostlessSeconds !== undefined) return hostGone(controlAddress, hostlessSeconds);
  return new Promise((resolve) => {
    for (const event of ['error', 'close', 'end'])
      process.stdin.once(event, () => resolve('the host is gone'));
    process.stdin.resume();
  });
}
