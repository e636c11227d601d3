import {
  type Fetch,
  Problem,
  type TranscodeLine,
  type TranscodeTask,
  transcodeLine,
  transcodesPath,
} from '@ptsdly/contract';
import { TranscodeError, type TranscodeOptions, type Transcoder } from '../transcoder.ts';
import { type ControlLine, reachHost } from './control-line.ts';

const MAX_LINE = 2_500_000;

/** The transcoder of the host, over the control socket. A host that has none makes every task `unavailable`. */
export function openHostTranscoder(control: ControlLine): Transcoder {
  const { fetch, baseUrl } = reachHost(control);
  return {
    run: (task, options = {}) => settle(ask(fetch, `${baseUrl}${transcodesPath}`, task, options), options),
  };
}

/** What lines of an answer come to; also for a broker in the same process. */
export async function settle(
  lines: AsyncIterable<TranscodeLine>,
  { signal, onProgress }: TranscodeOptions,
): Promise<Record<string, unknown> | null> {
  try {
    for await (const line of lines) {
      if (line.state === 'done') return line.result;
      if (line.state === 'failed') throw new TranscodeError(line.reason, line.detail);
      if (line.state === 'running' && line.seconds !== null) onProgress?.(line.seconds);
    }
    throw new TranscodeError('unreachable', 'The host ended its answer too early.');
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TranscodeError) throw error;
    throw new TranscodeError('unreachable', 'The host does not answer.', { cause: error });
  }
}

async function* ask(
  fetch: Fetch,
  url: string,
  task: TranscodeTask,
  { signal }: TranscodeOptions,
): AsyncGenerator<TranscodeLine> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(task);
  const response = await fetch(new Request(url, { method: 'POST', headers, body, signal: signal ?? null }));
  if (response.status !== 200) throw refusal(await Problem.fromResponse(response));
  let rest = '';
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > MAX_LINE) throw new Error('a line of the host is too long');
    for (const part of parts) yield transcodeLine.parse(JSON.parse(part));
  }
}

/** An older host does not know the path; a newer one may refuse the task. */
function refusal(problem: Problem): TranscodeError {
  const reason = problem.status === 404 ? 'unavailable' : problem.status >= 500 ? 'unreachable' : 'refused';
  return new TranscodeError(reason, problem.detail ?? problem.message, { cause: problem });
}
