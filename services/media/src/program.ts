import { readFileSync } from 'node:fs';
import { type MediaConfig, mediaConfig } from '@ptsdly/contract';
import { createLog, listen } from '@ptsdly/kit';
import { openHostTranscoder } from './host/host-transcoder.ts';
import { openMedia } from './media.ts';

const DRAIN_MS = 5000;

/**
 * One media server as a process: `media <config.json>`. Ends on SIGTERM, SIGINT, or when its standard input, a
 * pipe that its host holds, closes; answers what is open first.
 */
export async function run(configPath: string | undefined, workerUrl: URL): Promise<void> {
  const config = readConfig(configPath);
  const log = createLog({ level: config.logLevel });
  const stop = stopSignal();
  const media = await openMedia({
    ...{ ...config, log, workerUrl },
    control: config.controlAddress,
    transcoder: openHostTranscoder(config.controlAddress),
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
    process.stdin.once('error', () => resolve('the host is gone'));
    process.stdin.once('close', () => resolve('the host is gone'));
    process.stdin.once('end', () => resolve('the host is gone'));
    process.stdin.resume();
  });
}
