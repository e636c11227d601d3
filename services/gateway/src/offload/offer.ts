import { request as httpRequest, type IncomingMessage } from 'node:http';
import { OFFLOAD_HEADER, type OffloadOffer, offloadOffer, Problem } from '@ptsdly/contract';
import { agent, connectTo } from '../connection.ts';
import type { AnswerStart } from '../proxy-request.ts';

const ASK_MS = 2000;

/** What a server offers in an answer; undefined when it has answered by itself. Throws `upstream_failed` for an offer that is none. */
export function offerOf(answer: AnswerStart): OffloadOffer | undefined {
  const text = answer.headers[OFFLOAD_HEADER];
  if (text === undefined) return undefined;
  if ((answer.statusCode !== 200 && answer.statusCode !== 206) || !isEmpty(answer)) throw untrue();
  try {
    return offloadOffer.parse(JSON.parse(String(text)));
  } catch (cause) {
    throw untrue(cause);
  }
}

export interface Question {
  readonly address: string;
  readonly path: string | undefined;
  /** Flat list of names and values. */
  readonly headers: readonly string[];
  /** What was offered before. */
  readonly offer: OffloadOffer;
  readonly signal: AbortSignal | undefined;
}

/** Asks a server once more for what it has offered. Rejects when it does not offer the same. */
export async function askAgain({ address, path, headers, offer, signal }: Question): Promise<void> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { ...connectTo(address), agent, path, headers };
    httpRequest({ ...options, signal: signal ?? AbortSignal.timeout(ASK_MS) }, (answer) => {
      answer.on('error', reject);
      if (isEmpty(answer)) answer.resume();
      else answer.destroy(); // whatever it is, it may have no end
      resolve(answer);
    })
      .on('error', reject)
      .end();
  });
  if (JSON.stringify(offerOf(answer)) !== JSON.stringify(offer)) throw untrue();
}

const isEmpty = ({ headers }: Pick<AnswerStart, 'headers'>) => headers['content-length'] === '0';

export const untrue = (cause?: unknown) =>
  new Problem('upstream_failed', { detail: 'A server offered what it does not have.', cause });
