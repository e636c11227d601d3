import {
  Problem,
  type TranscodeLine,
  type TranscodeTask,
  transcodesPath,
  transcodeTask,
} from '@ptsdly/contract';
import { lineStream, readJson, validate } from '@ptsdly/kit';
import type { Hono } from 'hono';
import type { ServedServer } from './hosts/host.ts';

/** Runs ffmpeg for the media servers of this machine (`lib/transcoder`). */
export interface Transcoder {
  /** The answer, line by line; it ends with `done` or `failed`, and with the signal. */
  run(job: {
    readonly serverId: string;
    readonly folder: string;
    readonly task: TranscodeTask;
    /** Tasks of this server at once. */
    readonly share?: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<TranscodeLine>;
}

export interface TranscodesOptions {
  readonly server: ServedServer;
  /** None where this machine does not transcode. */
  readonly transcoder: Transcoder | undefined;
  /** Tasks of this server at once, by its plan. */
  readonly share: () => Promise<number>;
  /** Ends every task. */
  readonly signal: AbortSignal;
}

const MAX_BODY = 64 * 1024;
const absent: TranscodeLine = {
  state: 'failed',
  reason: 'unavailable',
  detail: 'This host does not transcode.',
};

/** `POST /transcodes` on a control socket: one task, and its lines as they come. A caller who hangs up cancels it. */
export function mountTranscodes(app: Hono, { server, transcoder, share, signal }: TranscodesOptions): void {
  const { serverId, folder } = server;
  app.post(transcodesPath, async (context) => {
    const request = context.req.raw;
    const task = validate(transcodeTask, await readJson(request, MAX_BODY));
    if (!transcoder || folder === undefined) return lineStream(only(absent));
    if (signal.aborted) throw new Problem('unavailable', { retryAfter: 1 });
    const ended = AbortSignal.any([request.signal, signal]);
    return lineStream(transcoder.run({ serverId, folder, task, share: await share(), signal: ended }));
  });
}

async function* only(line: TranscodeLine): AsyncGenerator<TranscodeLine> {
  yield line;
}
