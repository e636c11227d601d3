import { type IncomingMessage, request as requestHttp } from 'node:http';
import { json } from 'node:stream/consumers';
import { type ImportOrder, importHeaders, Problem } from '@ptsdly/contract';
import type { ControlLine } from '../host/control-line.ts';

/** A file of another server that the host hands on. */
export interface ImportedFile {
  readonly offset: number;
  /** Bytes of the whole file; null when the other side does not tell. */
  readonly size: number | null;
  readonly name: string;
  readonly type: string;
  readonly validator: string | null;
  /** Cut when the other side does not deliver all of it. */
  readonly body: IncomingMessage;
}

/** Asks the host for a file. Rejects with the problems of `POST /imports`, or `unavailable` without a host. */
export async function openImported(
  control: ControlLine,
  order: ImportOrder,
  signal: AbortSignal,
): Promise<ImportedFile> {
  const body = await send(control, order, signal);
  if (body.statusCode !== 200) throw await problemIn(body);
  const text = (name: string) => decodeURIComponent(String(body.headers[name] ?? ''));
  const size = body.headers[importHeaders.size];
  return {
    offset: Number(body.headers[importHeaders.offset]),
    size: size === undefined ? null : Number(size),
    name: text(importHeaders.name),
    type: text(importHeaders.type),
    validator: text(importHeaders.validator) || null,
    body,
  };
}

function send(control: ControlLine, order: ImportOrder, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(new Problem('unavailable', { cause, retryAfter: 1 }));
    const { address, token } = control;
    if (typeof address !== 'string') return fail(new Error('the host has no address'));
    const proof = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { 'content-type': 'application/json', ...proof };
    const options = { method: 'POST', path: '/imports', headers, signal, agent: false } as const;
    const request = address.startsWith('unix:')
      ? requestHttp({ ...options, socketPath: address.slice('unix:'.length) })
      : requestHttp(address, options);
    request.on('error', fail); // once answered, the body tells it
    request.once('response', resolve);
    request.end(JSON.stringify(order));
  });
}

async function problemIn(body: IncomingMessage): Promise<Problem> {
  const headers = Object.entries(body.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const told = await json(body).catch(() => null);
  return Problem.fromResponse(
    new Response(JSON.stringify(told), { status: body.statusCode ?? 502, headers }),
  );
}
