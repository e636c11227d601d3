import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An error of a query API, as its client is to see it. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What goes wrong with one call. */
export type Fault =
  /** The connection breaks before anything is done. */
  | { readonly kind: 'lost-request' }
  /** It is done, and the answer never arrives. */
  | { readonly kind: 'lost-answer' }
  | { readonly kind: 'error'; readonly status: number; readonly code: string };

export type Moment = `${'before' | 'after'} ${string}`;

/** Form parameters, flat as they travel: `TagSpecification.1.Tag.1.Key`. */
export type Form = URLSearchParams;

export interface QueryApiOptions {
  /** `xmlns` of answers. */
  readonly namespace: string;
  readonly actions: Readonly<Record<string, (form: Form) => string | Promise<string>>>;
  /** The document of an error; AWS has two of them. */
  readonly errorDocument: (code: string, message: string) => string;
}

/** An AWS query API on loopback: form posts in, XML out, and whatever it is told to do wrong. */
export class QueryApi {
  /** Actions that came, in order. */
  readonly calls: string[] = [];
  /** Runs before and after the effect of each action; a test may hold it there for ever, or break the connection. */
  hook: (moment: Moment, form: Form, caller: string) => Promise<void> = async () => undefined;
  readonly #options: QueryApiOptions;
  readonly #faults: { readonly action: string; readonly fault: Fault }[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  constructor(options: QueryApiOptions) {
    this.#options = options;
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Lets the next `times` calls of an action go wrong. */
  fail(action: string, fault: Fault, times = 1): void {
    for (let i = 0; i < times; i++) this.#faults.push({ action, fault });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await textOf(request));
    const action = form.get('Action') ?? '';
    try {
      const content = await this.#perform(action, form, request, response);
      if (content === undefined) return;
      const document = `<${action}Response xmlns="${this.#options.namespace}">${content}<requestId>${randomUUID()}</requestId></${action}Response>`;
      response.writeHead(200, { 'content-type': 'text/xml' }).end(document);
    } catch (error) {
      const { status, code, message } =
        error instanceof QueryError ? error : new QueryError(500, 'InternalError', String(error));
      response
        .writeHead(status, { 'content-type': 'text/xml' })
        .end(this.#options.errorDocument(code, message));
    }
  }

  /** Undefined when the connection was broken off. */
  async #perform(action: string, form: Form, request: IncomingMessage, response: ServerResponse) {
    const caller = callerOf(request);
    if (caller === undefined) throw new QueryError(401, 'AuthFailure', 'the request is not signed');
    const perform = this.#options.actions[action];
    if (!perform) throw new QueryError(400, 'InvalidAction', `there is no ${action} here`);
    this.calls.push(action);
    if (await broken(this.hook(`before ${action}`, form, caller))) return void response.destroy();
    const at = this.#faults.findIndex((one) => one.action === action);
    const fault = at < 0 ? undefined : this.#faults.splice(at, 1)[0]?.fault;
    if (fault?.kind === 'error') throw new QueryError(fault.status, fault.code);
    if (fault?.kind === 'lost-request') return void response.destroy();
    const content = await perform(form);
    if (await broken(this.hook(`after ${action}`, form, caller))) return void response.destroy();
    if (fault?.kind === 'lost-answer') return void response.destroy();
    return content;
  }
}

/** The access key under which a request is signed (AWS Signature Version 4). */
export const callerOf = ({ headers }: IncomingMessage): string | undefined =>
  /Credential=([^/]+)\/\d{8}\//.exec(headers.authorization ?? '')?.[1];

export const broken = (hook: Promise<void>): Promise<boolean> =>
  hook.then(
    () => false,
    () => true,
  );

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return text;
}

/** The values of a list: `InstanceId.1`, `InstanceId.2` … */
export function listOf(form: Form, name: string): string[] {
  const values: string[] = [];
  for (let i = 1; form.has(`${name}.${i}`); i++) values.push(form.get(`${name}.${i}`) as string);
  return values;
}

/** The entries of a list of structures: what stands below `Filter.1.`, `Filter.2.` … */
export function structsOf(form: Form, name: string): Form[] {
  const structs: Form[] = [];
  for (let i = 1; ; i++) {
    const prefix = `${name}.${i}.`;
    const own = [...form].filter(([key]) => key.startsWith(prefix));
    if (own.length === 0) return structs;
    structs.push(new URLSearchParams(own.map(([key, value]) => [key.slice(prefix.length), value])));
  }
}

export const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** `{a: 'b'}` as `<a>b</a>`; what is undefined is left out, and an array is a list of `<item>`. */
export function xmlOf(fields: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');
}

export const itemsOf = (items: readonly string[]): string =>
  items.map((item) => `<item>${item}</item>`).join('');
