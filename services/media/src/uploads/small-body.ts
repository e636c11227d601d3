import { Problem } from '@ptsdly/contract';
import type { Exchange } from '../exchange.ts';

/** Only now, when nothing speaks against it, is the body asked for (RFC 9110 §10.1.1). */
export function askForBody({ request, response }: Exchange): void {
  if (request.headers.expect) response.writeContinue();
}

/** A whole body in memory, in a buffer of its own. Rejects with `body_too_large`. */
export async function readSmall(exchange: Exchange, limit: number): Promise<Buffer<ArrayBuffer>> {
  const { request } = exchange;
  if (Number(request.headers['content-length']) > limit) throw new Problem('body_too_large');
  askForBody(exchange);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Problem('body_too_large');
    chunks.push(chunk);
  }
  const whole = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(whole, at);
  return whole;
}
