import { join } from 'node:path';
import { transcodesPath, transcodeTask } from '@ptsdly/contract';
import { lineStream, readJson, validate } from '@ptsdly/kit';
import { type Broker, openBroker } from '@ptsdly/transcoder';
import type { Hono } from 'hono';
import { settle } from '../host/host-transcoder.ts';
import type { Transcoder } from '../transcoder.ts';

const silent = { info: () => undefined, warn: () => undefined };
const never = new AbortController().signal;

/** The real transcoder for the server of a folder, as its host has it: one slot, and the machine's ffmpeg or another. */
export function openLocalBroker(folder: string, ffmpeg = 'ffmpeg'): Broker {
  return openBroker({ scratch: join(folder, '.transcode'), slots: 1, ffmpeg, log: silent });
}

/** The port, without a host in between. */
export function localTranscoder(broker: Broker, folder: string): Transcoder {
  return {
    run(task, options = {}) {
      const { signal = never } = options;
      return settle(broker.run({ serverId: 'server-1', folder, task, signal }), options);
    },
  };
}

/** `POST /transcodes` as a host serves it. */
export function serveTranscodes(app: Hono, broker: () => Broker, folder: string): void {
  app.post(transcodesPath, async ({ req: { raw: request } }) => {
    const task = validate(transcodeTask, await readJson(request, 64 * 1024));
    return lineStream(broker().run({ serverId: 'server-1', folder, task, signal: request.signal }));
  });
}
