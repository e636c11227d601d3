import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { importOrder, Problem } from '@ptsdly/contract';
import type { Logger, Service } from '@ptsdly/kit';
import type { Imports } from './imports.ts';

const MAX_ORDER = 8192;

/**
 * `POST /imports` on the control socket of one server: on raw `node:http`, since it moves bytes. A file that breaks
 * off cuts the connection, so that half of it does not look like the whole.
 */
export function importRoute(imports: Imports, serverId: string, log: Logger): NonNullable<Service['raw']> {
  return (request, response) => {
    if (request.method !== 'POST' || request.url !== '/imports') return false;
    void serve(imports, serverId, { request, response, log });
    return true;
  };
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly log: Logger;
}

async function serve(imports: Imports, serverId: string, { request, response, log }: Call): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const order = importOrder.safeParse(JSON.parse(await readText(request)));
    if (!order.success) throw new Problem('invalid_fields');
    const { headers, body } = await imports.open(serverId, order.data, gone.signal);
    response.writeHead(200, headers);
    await pipeline(body, response);
  } catch (error) {
    const problem = Problem.from(error);
    if (!gone.signal.aborted && problem.code === 'internal')
      log.error({ err: error, serverId }, 'an import failed');
    if (response.headersSent || response.destroyed) response.destroy();
    else response.writeHead(problem.status, problem.responseHeaders()).end(JSON.stringify(problem.toJson()));
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_ORDER) throw new Problem('body_too_large');
  }
  return text;
}
